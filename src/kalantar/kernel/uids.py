"""UUIDv7: made by whoever writes first, unique, and sorted by time."""

from __future__ import annotations

import os
import time
import uuid

import numpy as np


def new() -> uuid.UUID:
    """One UUIDv7 (RFC 9562, section 5.7)."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10))
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    return uuid.UUID(int=(value & ~(0x3 << 62)) | (0x2 << 62))


def many_hex(n: int) -> list[str]:
    """`n` UUIDv7 as 32 hexadecimal digits, for rows written in bulk."""
    raw = np.frombuffer(os.urandom(16 * n), dtype=np.uint8).reshape(n, 16).copy()
    milliseconds = time.time_ns() // 1_000_000
    raw[:, :6] = np.frombuffer(milliseconds.to_bytes(6), dtype=np.uint8)
    raw[:, 6] = (raw[:, 6] & 0x0F) | 0x70
    raw[:, 8] = (raw[:, 8] & 0x3F) | 0x80
    text = raw.tobytes().hex()
    return [text[i : i + 32] for i in range(0, 32 * n, 32)]
