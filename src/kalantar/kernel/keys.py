"""Keys lie outside DATA and never in a backup: one folder, one file a purpose, readable by their owner only."""

from __future__ import annotations

import functools
import hashlib
import hmac
import os
import secrets
from pathlib import Path

FILES = ("secret", "seal", "mac", "backup")


class KeysRefused(Exception):
    """The keys' folder is missing, open to others, or incomplete."""

    def __init__(self, key: str, **args):
        super().__init__(key, args)
        self.key, self.args_ = key, args


def make(folder: Path) -> None:
    """Make what is missing; an existing key is never replaced."""
    from cryptography.fernet import Fernet

    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in FILES:
        path = folder / name
        if path.exists():
            continue
        value = Fernet.generate_key() if name == "seal" else secrets.token_urlsafe(48).encode()
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(value)
            file.flush()
            os.fsync(file.fileno())


def read(folder: Path, name: str) -> bytes:
    """One key; refused when it is missing or others may read it."""
    path = folder / name
    try:
        mode = path.stat().st_mode
        value = path.read_bytes().strip()
    except OSError as fault:
        raise KeysRefused("keys_missing", path=str(path)) from fault
    if mode & 0o077:
        raise KeysRefused("keys_open_to_others", path=str(path))
    if len(value) < 32:
        raise KeysRefused("keys_too_short", path=str(path))
    return value


@functools.cache
def _seal():
    from cryptography.fernet import Fernet, MultiFernet
    from django.conf import settings

    return MultiFernet([Fernet(line) for line in read(settings.KEYS, "seal").split()])


def seal(plain: bytes) -> bytes:
    """Encrypt a small secret (a TOTP seed, a draft) for storing."""
    return _seal().encrypt(plain)


def open_(sealed: bytes | memoryview) -> bytes:
    """Read what `seal` wrote; raises `cryptography.fernet.InvalidToken` when it was changed."""
    return _seal().decrypt(bytes(sealed))


def mac(purpose: str, text: str) -> str:
    """A keyed digest, 64 hexadecimal digits: the same text gives the same digest, and nobody without the key can try."""
    from django.conf import settings

    return hmac.new(read(settings.KEYS, "mac"), f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()


def short_mac(purpose: str, text: str, digits: int = 12) -> str:
    return mac(purpose, text)[:digits]
