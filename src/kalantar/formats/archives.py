"""Packed files are judged by their list of contents, before a byte is unpacked."""

import itertools
import struct
import zipfile

from .errors import FileRefused

DIRECTORY_BYTES_PER_ENTRY = 1_000
SMALL_ENTRY = 10_000_000


def checked_directory(path, limits) -> list[zipfile.ZipInfo]:
    """The entries of a zip file that may be unpacked within the limits.

    Raises FileRefused: zip_broken, zip_too_large, zip_suspicious, zip_too_many_parts, encrypted.
    """
    _insist_on_a_short_directory(path, limits)
    try:
        with zipfile.ZipFile(path) as packed:
            entries = packed.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error, IndexError) as broken:
        raise FileRefused("zip_broken") from broken
    if len(entries) > limits.zip_entries:
        raise FileRefused("zip_too_many_parts", limit=limits.zip_entries)
    if sum(entry.file_size for entry in entries) > limits.unpacked_bytes:
        raise FileRefused("zip_too_large", limit=limits.unpacked_bytes)
    for entry in entries:
        if entry.flag_bits & 0x1:
            raise FileRefused("encrypted")
        if entry.file_size > SMALL_ENTRY and entry.file_size > limits.zip_ratio * max(entry.compress_size, 1):
            raise FileRefused("zip_suspicious", part=entry.filename[:80])
    names = [entry.filename for entry in entries]
    if len(set(names)) != len(names):
        # Two programs may each see another file: the one that was checked is not the one that is read.
        raise FileRefused("zip_suspicious", part=next(n for n in names if names.count(n) > 1)[:80])
    # Entries that share bytes are how a small file claims to be a large one.
    starts = sorted((entry.header_offset, entry.compress_size) for entry in entries)
    for (start, size), (following, _) in itertools.pairwise(starts):
        if start + size > following:
            raise FileRefused("zip_suspicious", part="overlap")
    return entries


def _insist_on_a_short_directory(path, limits):
    """zipfile loads the whole directory at once, whatever its size; so its stated size is read first."""
    with open(path, "rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 66_000))
        tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) < end + 22:
        raise FileRefused("zip_broken")
    directory = struct.unpack_from("<I", tail, end + 12)[0]
    wide = tail.rfind(b"PK\x06\x06", 0, end)
    if wide >= 0 and len(tail) >= wide + 56:
        directory = max(directory if directory != 0xFFFFFFFF else 0, struct.unpack_from("<Q", tail, wide + 40)[0])
    if directory > limits.zip_entries * DIRECTORY_BYTES_PER_ENTRY:
        raise FileRefused("zip_too_many_parts", limit=limits.zip_entries)


def unpacked(path, entry, target, limits):
    """Write one entry to ``target``, no longer than its directory line promised."""
    left = min(entry.file_size, limits.unpacked_bytes)
    try:
        with zipfile.ZipFile(path) as packed, packed.open(entry) as source, open(target, "wb") as out:
            while chunk := source.read(1 << 20):
                left -= len(chunk)
                if left < 0:
                    raise FileRefused("zip_suspicious", part=entry.filename[:80])
                out.write(chunk)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError, ValueError) as broken:
        if isinstance(broken, FileRefused):
            raise
        raise FileRefused("zip_broken") from broken


def small_part(path, name, limit=1_000_000) -> bytes:
    """The first bytes of one part of a packed file whose directory has been checked."""
    try:
        with zipfile.ZipFile(path) as packed, packed.open(name) as source:
            return source.read(limit)
    except Exception as broken:  # zlib.error, BadZipFile, EOFError: all say the same
        raise FileRefused("zip_broken") from broken
