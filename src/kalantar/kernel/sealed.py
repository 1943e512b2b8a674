"""One sealed file out of many: AES-256-GCM in numbered pieces, so that a flipped byte, a cut end or a swapped piece is found."""

from __future__ import annotations

import hashlib
import io
import os
import struct
from typing import BinaryIO

MAGIC = b"KALANTAR-BACKUP-1\n"
PIECE = 1 << 20


class SealBroken(Exception):
    """The file was damaged, cut short, is of another version, or was sealed with another key."""

    def __init__(self, key: str):
        super().__init__(key)
        self.key = key


def _cipher(secret: bytes, salt: bytes):
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(hashlib.scrypt(secret, salt=salt, n=2**14, r=8, p=1, dklen=32))


class Writer(io.RawIOBase):
    """A stream that seals what is written to it. The last piece is marked, so that a cut end is noticed."""

    def __init__(self, out: BinaryIO, secret: bytes):
        salt = os.urandom(16)
        self._out, self._cipher, self._rest, self._n = out, _cipher(secret, salt), bytearray(), 0
        out.write(MAGIC + salt)

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        self._rest += data
        while len(self._rest) > PIECE:
            self._piece(bytes(self._rest[:PIECE]), last=False)
            del self._rest[:PIECE]
        return len(data)

    def _piece(self, plain: bytes, *, last: bool) -> None:
        nonce = struct.pack(">IQ", int(last), self._n)
        sealed = self._cipher.encrypt(nonce, plain, MAGIC)
        self._out.write(struct.pack(">I", len(sealed)) + sealed)
        self._n += 1

    def close(self) -> None:
        if not self.closed:
            self._piece(bytes(self._rest), last=True)
        super().close()


class Reader(io.RawIOBase):
    """The plain stream of a sealed file; raises `SealBroken` at the first piece that is not what was written."""

    def __init__(self, source: BinaryIO, secret: bytes):
        head = source.read(len(MAGIC) + 16)
        if not head.startswith(MAGIC) or len(head) < len(MAGIC) + 16:
            raise SealBroken("backup_not_ours")
        self._source, self._cipher = source, _cipher(secret, head[len(MAGIC) :])
        self._plain, self._n, self._over = b"", 0, False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        while not self._plain and not self._over:
            self._next()
        n = min(len(buffer), len(self._plain))
        buffer[:n] = self._plain[:n]
        self._plain = self._plain[n:]
        return n

    def _next(self) -> None:
        from cryptography.exceptions import InvalidTag

        size = self._source.read(4)
        if len(size) < 4:
            raise SealBroken("backup_cut_short")
        (length,) = struct.unpack(">I", size)
        if length > PIECE + 16:
            raise SealBroken("backup_damaged")
        sealed = self._source.read(length)
        if len(sealed) < length:
            raise SealBroken("backup_cut_short")
        for last in (False, True):
            try:
                self._plain = self._cipher.decrypt(struct.pack(">IQ", int(last), self._n), sealed, MAGIC)
            except InvalidTag:
                continue
            self._n += 1
            self._over = last
            if last and self._source.read(1):
                raise SealBroken("backup_damaged")
            return
        raise SealBroken("backup_wrong_key" if self._n == 0 else "backup_damaged")
