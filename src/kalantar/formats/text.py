"""Which letters a text file is written in, and the same file as UTF-8.

A wrong guess is worse than a refusal: names and streets would be stored as rubbish. So a file is read whole
before its encoding is believed, and a file that fits none is refused.
"""

import codecs
import io
import os
import re

from .errors import FileRefused

CHUNK = 1 << 20
SAMPLE = 1 << 18
_ARABIC = re.compile(r"[\u0621-\u064a\u066e-\u06d3]")
# Alef, be, te, dal, re, sin, lam, mim, nun, vav, he, ye, kaf: seven letters of ten in Persian and in Arabic alike.
# Cyrillic bytes are Arabic letters too, but other ones.
_COMMON = re.compile(r"[\u0627\u0628\u062a\u062f\u0631\u0633\u0644-\u0649\u064a\u0643\u06a9]")
_FITTING = re.compile(
    r"[\u060c\u061b\u061f\u0640\u064b-\u0652\u200c-\u200f\u00ab\u00bb\u2013\u2014\u2018-\u201d\u2026\u00a0\u00b0\u00d7]"
)
_PLAUSIBLE = re.compile(r"[\t\r\n\x20-\x7e\u00a0-\u024f\u0600-\u06ff\u200c-\u201f\ufeff]")


def encoding_of(path) -> str:
    """One of utf-8, utf-8-sig, utf-16-le, utf-16-be, cp1256, judged by the bytes.

    Raises FileRefused: encoding_unknown, encoding_broken (it begins as UTF-8 and does not stay so), nul_in_text.
    """
    with open(path, "rb") as file:
        head = file.read(SAMPLE)
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise FileRefused("encoding_unknown")
    if head.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le"
    if head.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be"
    if b"\0" in head:
        return _utf16_without_mark(head)
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if _is_all_utf8(path):
        return "utf-8"
    return _single_byte(path)


def _utf16_without_mark(head):
    best, share = None, 0.0
    for name in ("utf-16-le", "utf-16-be"):
        text = head[: len(head) // 2 * 2].decode(name, "replace")
        fitting = len(_PLAUSIBLE.findall(text)) / max(1, len(text))
        if fitting > share:
            best, share = name, fitting
    if share >= 0.97:
        return best
    if _share_of_ascii(head) > 0.9:
        raise FileRefused("nul_in_text", row=head[: head.index(b"\0")].count(b"\n") + 1)
    raise FileRefused("kind_unknown")


def _share_of_ascii(head):
    return sum(1 for byte in head[:20_000] if 32 <= byte < 127 or byte in (9, 10, 13)) / max(1, len(head[:20_000]))


def _is_all_utf8(path):
    decode = codecs.getincrementaldecoder("utf-8")().decode
    try:
        with open(path, "rb") as file:
            while chunk := file.read(CHUNK):
                decode(chunk)
            decode(b"", True)
    except UnicodeDecodeError:
        return False
    return True


def _single_byte(path):
    """cp1256 maps every byte, so decoding proves nothing: the letters must also look like Persian."""
    foreign = arabic = common = fitting = broken = whole = control = 0
    with open(path, "rb") as file:
        while (chunk := file.read(CHUNK)) and foreign < 1_000_000:
            as_utf8 = chunk.decode("utf-8", "replace")
            bad = as_utf8.count("\ufffd")
            broken += bad
            whole += sum(1 for c in as_utf8 if c > "\x7f") - bad
            control += len(re.findall(rb"[\x00-\x08\x0e-\x1f\x7f]", chunk))
            letters = "".join(c for c in chunk.decode("cp1256") if c > "\x7f")
            foreign += len(letters)
            arabic += len(_ARABIC.findall(letters))
            common += len(_COMMON.findall(letters))
            fitting += len(_FITTING.findall(letters))
    if control > 8:
        raise FileRefused("kind_unknown")
    if whole >= 4 * broken:
        raise FileRefused("encoding_broken", encoding="UTF-8", row=_first_bad_row(path))
    if arabic and (arabic + fitting) / foreign >= 0.9 and arabic / foreign >= 0.6 and common / arabic >= 0.5:
        return "cp1256"
    raise FileRefused("encoding_unknown")


def _first_bad_row(path, encoding="utf-8"):
    decoder, row = codecs.getincrementaldecoder(encoding)(), 1
    with open(path, "rb") as file:
        while True:
            chunk = file.read(CHUNK)
            pending = decoder.getstate()[0]
            try:
                row += decoder.decode(chunk, not chunk).count("\n")
            except UnicodeDecodeError as wrong:
                whole = pending + chunk
                return row + whole[: wrong.start].decode(encoding, "replace").count("\n")
            if not chunk:
                return row


class AsUtf8(io.RawIOBase):
    """A text file of any accepted encoding, as a stream of UTF-8 bytes without a mark at its start.

    The separator is replaced by ``stand_in`` when it is no single byte. Errors meet the reader as FileRefused,
    kept in ``refused`` too, because a library in between may swallow the cause.
    """

    def __init__(self, path, encoding, *, separator=None, stand_in=None):
        super().__init__()
        self._file = io.FileIO(path)
        self._encoding = encoding
        self._decoder = codecs.getincrementaldecoder("utf-8" if encoding == "utf-8-sig" else encoding)()
        self._separator, self._stand_in = separator, stand_in
        self._rest, self._row, self._begun, self._ended = b"", 1, False, False
        self.refused = None

    def readable(self):
        return True

    def readinto(self, buffer):
        while not self._rest and not self._ended:
            self._rest = self._translated(self._file.read(CHUNK))
        n = min(len(buffer), len(self._rest))
        buffer[:n] = self._rest[:n]
        self._rest = self._rest[n:]
        return n

    def _translated(self, chunk):
        self._ended = not chunk
        try:
            text = self._decoder.decode(chunk, not chunk)
        except UnicodeDecodeError as wrong:
            self._refuse("encoding_broken", encoding=self._encoding.removesuffix("-sig").upper(),
                         row=self._row + chunk[: wrong.start].count(b"\n"))  # fmt: skip
        if not self._begun and text:
            text, self._begun = text.removeprefix("\ufeff"), True
        if "\0" in text:
            self._refuse("nul_in_text", row=self._row + text[: text.index("\0")].count("\n"))
        if self._separator:
            if self._stand_in in text:
                self._refuse("nul_in_text", row=self._row + text[: text.index(self._stand_in)].count("\n"))
            text = text.replace(self._separator, self._stand_in)
        self._row += text.count("\n")
        try:
            return text.encode("utf-8")
        except UnicodeEncodeError:
            self._refuse("encoding_broken", encoding=self._encoding.upper(), row=self._row)

    def _refuse(self, key, **details):
        self.refused = FileRefused(key, **details)
        raise self.refused

    def close(self):
        self._file.close()
        super().close()


def size_of(path, limits) -> int:
    """Bytes of an ordinary, not empty, not too large file; FileRefused otherwise."""
    try:
        about = os.stat(path)
    except (OSError, ValueError) as missing:
        raise FileRefused("file_missing") from missing
    if not os.path.isfile(path):
        raise FileRefused("not_a_file")
    if not about.st_size:
        raise FileRefused("file_empty")
    if about.st_size > limits.file_bytes:
        raise FileRefused("file_too_large", bytes=about.st_size, limit=limits.file_bytes)
    return about.st_size
