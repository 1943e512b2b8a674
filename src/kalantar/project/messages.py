"""The words of the screens: `.po` files compiled for this machine, and looked over for what is missing or unequal.

    python -m kalantar.project.messages [compile | check [ROOM] | missing [ROOM]]

A room carries its own words in `locale/fa/LC_MESSAGES/django.po`; English is the msgid. `compile` writes the `.mo`
files that gettext reads, `missing` prints the entries still to be translated, `check` exits 1 on any fault.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from kalantar.persian import style

ROOMS = Path(__file__).resolve().parents[1]

KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|%([sd])|\{(\w*)\}")


@dataclass(frozen=True)
class Sentence:
    """One msgid as it stands in a file."""

    text: str
    plural: str | None
    context: str | None
    path: Path
    line: int

    @property
    def key(self):
        return self.context, self.text


@dataclass(frozen=True)
class Fault:
    path: Path
    what: str
    text: str

    def __str__(self):
        try:
            path = self.path.relative_to(ROOMS.parents[1])
        except ValueError:
            path = self.path
        return f"{path}: {self.what}: {self.text!r}"


def catalogues(rooms: Path = ROOMS) -> list[Path]:
    return sorted(rooms.glob("*/locale/*/LC_MESSAGES/django.po"))


def compile_changed(rooms: Path = ROOMS) -> list[Path]:
    """Write the `.mo` beside every `.po` that is newer than it; fuzzy entries are left out."""
    written = []
    for source in catalogues(rooms):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns > source.stat().st_mtime_ns:
            continue
        fresh = io.BytesIO()
        write_mo(fresh, _read(source))
        half = target.with_suffix(".mo.new")
        half.write_bytes(fresh.getvalue())
        half.replace(target)
        written.append(target)
    return written


def sentences(room: Path) -> Iterator[Sentence]:
    """Every msgid that a room's Python, templates and scripts use."""
    found: Iterable[tuple[int, str, str | tuple[str, ...], list[str]]]
    for path in sorted(room.rglob("*")):
        if path.suffix == ".py" and "migrations" not in path.parts:
            found = _of_python(path.read_bytes())
        elif path.suffix in {".html", ".txt", ".xml"} and "templates" in path.parts:
            found = _of_template(path)
        elif path.suffix in {".js", ".mjs"} and "static" in path.parts and "vendor" not in path.parts:
            for at, said, _, context in extract("javascript", io.BytesIO(path.read_bytes()), KEYWORDS):
                text, plural = said if isinstance(said, tuple) else (said, None)
                yield Sentence(text, plural, context, path, at)
            continue
        else:
            continue
        for line, function, message, _ in found:
            sentence = _from_call(path, line, function, message)
            if sentence is not None:
                yield sentence


def faults(rooms: Path = ROOMS, language: str = "fa") -> list[Fault]:
    """All that a careful reader of the translations would send back."""
    found: list[Fault] = []
    known: dict[tuple, tuple[str, Path]] = {}
    for room in sorted(path for path in rooms.iterdir() if path.is_dir() and path.name != "data"):
        source = room / "locale" / language / "LC_MESSAGES" / "django.po"
        used = {sentence.key: sentence for sentence in sorted(sentences(room), key=lambda one: one.plural is not None)}
        catalogue = _read(source) if source.exists() else Catalog(language)
        translated = {(entry.context, _first(entry.id)): entry for entry in catalogue if entry.id}
        for key, sentence in used.items():
            entry = translated.get(key)
            if entry is None or not all(_strings(entry)):
                found.append(Fault(sentence.path, f"not in Persian (line {sentence.line})", sentence.text))
            elif sentence.plural and isinstance(entry.id, str):  # gettext would fall back to English
                found.append(Fault(sentence.path, f"no plural in Persian (line {sentence.line})", sentence.text))
        for key, entry in translated.items():
            if key not in used:
                found.append(Fault(source, "nobody says this any more", key[1]))
            if entry.fuzzy:
                found.append(Fault(source, "marked fuzzy", key[1]))
            for said in filter(None, _strings(entry)):
                other, where = known.setdefault((key, len(_strings(entry)), said == _strings(entry)[0]), (said, source))
                if other != said:
                    found.append(Fault(source, f"translated otherwise in {where.relative_to(rooms).parts[0]}", key[1]))
                if _placeholders(said) != _placeholders(key[1]) and not _is_plural(entry, said):
                    found.append(Fault(source, "the named places differ", key[1]))
                found += [
                    Fault(source, f"style {slip.rule}, {slip.key} {slip.found!r}", said) for slip in style.faults(said)
                ]
        found += [Fault(source, "marked obsolete", _first(entry.id)) for entry in catalogue.obsolete.values()]
    return found


def _read(source: Path):
    with source.open("rb") as file:
        return read_po(file, locale=source.parents[1].name, abort_invalid=True)


def _of_python(code: bytes):
    """Line, function, its texts and comments; Babel's own annotation names the columns of `extract` instead."""
    return extract_python(io.BytesIO(code), KEYWORDS, [], {"encoding": "utf-8"})


def _of_template(path: Path):
    from django.utils.translation.template import templatize

    # Inside one pair of brackets the indentation of the template means nothing to the Python tokenizer.
    code = f"({templatize(path.read_text(encoding='utf-8'), origin=str(path))}\n)"
    return _of_python(code.encode())


def _from_call(path: Path, line: int, function: str, message: str | tuple[str, ...]) -> Sentence | None:
    parts = list(message) if isinstance(message, tuple) else [message]
    context = None
    if function.startswith(("pgettext", "npgettext")):
        context = parts.pop(0)
    if not parts or not parts[0]:
        return None
    plural = parts[1] if "ngettext" in function or function.startswith("npgettext") else None
    return Sentence(parts[0], plural, context, path, line)


def _first(msgid) -> str:
    return msgid[0] if isinstance(msgid, (tuple, list)) else msgid


def _strings(entry) -> tuple[str, ...]:
    return tuple(entry.string) if isinstance(entry.string, (tuple, list)) else (entry.string,)


def _is_plural(entry, said: str) -> bool:
    """One form of a plural may name the number in words; any of the two English forms may match."""
    return isinstance(entry.id, (tuple, list)) and any(_placeholders(said) == _placeholders(one) for one in entry.id)


def _placeholders(text: str) -> list[str]:
    return sorted(match.group(0) for match in PLACEHOLDER.finditer(text.replace("%%", "")))


def main(arguments: list[str] | None = None) -> int:
    match sys.argv[1:] if arguments is None else arguments:
        case [] | ["compile"]:
            compile_changed()
            return 0
        case ["check", *rooms] if len(rooms) < 2:
            found = _in(rooms)
            print(*found, sep="\n", end="\n" if found else "")
            return 1 if found else 0
        case ["missing", *rooms] if len(rooms) < 2:
            for fault in _in(rooms):
                if fault.what.startswith("not in Persian"):
                    quoted = fault.text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
                    print(f'# {fault.path.name}\nmsgid "{quoted}"\nmsgstr ""\n')
            return 0
        case _:
            print("usage: kalantar messages [compile | check [ROOM] | missing [ROOM]]", file=sys.stderr)
            return 2


def _in(rooms: list[str]) -> list[Fault]:
    return [fault for fault in faults() if not rooms or fault.path.is_relative_to(ROOMS / rooms[0])]


if __name__ == "__main__":
    sys.exit(main())
