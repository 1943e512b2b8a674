"""What we stand on may be given to any station: each dependency's licence is known, each carried file unchanged."""

import hashlib
import importlib.metadata
import re

import pytest

from tests.house import reading

ALLOWED = {
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSD", "CC0-1.0", "MIT", "MIT-0", "MPL-2.0", "OFL-1.1",
    "PSF-2.0", "Zlib", "ISC", "Apache-2.0 WITH LLVM-exception", "Unlicense",
}  # fmt: skip
# Library licences: we import these unchanged, ship none of their code, and AGPL-3.0-or-later may be combined with them.
BY_REASON = {
    "jalali-core": "LGPL; the calendar arithmetic under jdatetime",
    "psycopg": "LGPL-3.0-only; the PostgreSQL driver, needed only on PostgreSQL",
    "psycopg-binary": "LGPL-3.0-only; the same",
    "psycopg-pool": "LGPL-3.0-only; the same",
    "pysqlite3": "Zlib, as CPython's sqlite3 module from which it comes; its metadata name no licence",
    "pywin32": "Windows only",
}
WORDS = {
    "apache": "Apache-2.0", "mit license": "MIT", "the mit license": "MIT", "bsd license": "BSD", "bsd": "BSD",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0", "isc license (iscl)": "ISC",
    "python software foundation license": "PSF-2.0", "apache software license": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache license": "Apache-2.0",
}  # fmt: skip


def locked(name: str) -> list[str]:
    text = (reading.ROOT / "requirements" / f"{name}.lock").read_text(encoding="utf-8")
    return [
        match[1]
        for match in re.finditer(r"^([A-Za-z0-9_.-]+)==\S+(.*)$", text, re.MULTILINE)
        if "win32" not in match[2] and "emscripten" not in match[2]
    ]


def licences(metadata) -> set[str]:
    """The licences that a distribution names: its expression, else its classifiers, else its short licence field."""
    expression = metadata.get("License-Expression")
    if expression:
        return set(re.split(r" AND ", re.sub(r"[()]", "", _best(expression))))
    named = [
        line.split("::")[-1].strip() for line in metadata.get_all("Classifier") or [] if line.startswith("License")
    ]
    named = [name for name in named if name != "OSI Approved"] or [(metadata.get("License") or "").strip()]
    return {WORDS.get(name.lower(), name) for name in named}


def _best(expression: str) -> str:
    """Of alternatives, one we allow."""
    if " OR " not in expression or " AND " in expression:
        return expression
    choices = [choice.strip("() ") for choice in expression.split(" OR ")]
    return next((choice for choice in choices if choice in ALLOWED), choices[0])


def metadata(**fields):
    import email.message

    made = email.message.Message()
    for name, value in fields.items():
        made[name.replace("_", "-")] = value
    return made


def test_licences_are_read():
    assert licences(metadata(License_Expression="MIT AND PSF-2.0")) == {"MIT", "PSF-2.0"}
    assert licences(metadata(License_Expression="GPL-2.0-only OR BSD-3-Clause")) == {"BSD-3-Clause"}
    assert licences(metadata(Classifier="License :: OSI Approved :: MIT License")) == {"MIT"}
    assert licences(metadata(License="Proprietary")) - ALLOWED == {"Proprietary"}
    assert licences(metadata()) - ALLOWED == {""}


@pytest.mark.parametrize("name", locked("app"))
def test_the_licence_of_each_dependency_is_allowed(name):
    if name in BY_REASON:
        return
    assert licences(importlib.metadata.metadata(name)) - ALLOWED == set()


def test_both_licence_texts_are_here():
    assert "GNU AFFERO GENERAL PUBLIC LICENSE" in (reading.ROOT / "LICENSE").read_text(encoding="utf-8")[:200]
    assert "BSD 3-Clause" in (reading.ROOT / "LICENSES" / "BSD-3-Clause.txt").read_text(encoding="utf-8")


def test_every_lock_is_hashed_and_names_no_host():
    for lock in sorted((reading.ROOT / "requirements").glob("*.lock")):
        text = lock.read_text(encoding="utf-8")
        assert "http" not in text
        pinned = re.findall(r"^[A-Za-z0-9_.-]+(?:\[[\w,]+\])?==", text, re.MULTILINE)
        blocks = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
        assert len(pinned) == len(blocks), f"{lock.name}: a line is not pinned"
        assert all("--hash=sha256:" in block for block in blocks), f"{lock.name}: a line has no hash"


def made_by_others(path, text: str) -> bool:
    """Fonts, minified scripts and anything that carries somebody's notice were not written here."""
    return (
        path.suffix in {".woff", ".woff2", ".ttf", ".otf"}
        or ".min." in path.name
        or "vendor" in path.parts
        or bool(re.search(r"@license|Copyright \(c\)", text))
    )


def test_what_others_made_is_recognised(tmp_path):
    assert made_by_others(tmp_path / "a.woff2", "")
    assert made_by_others(tmp_path / "a.min.js", "")
    assert made_by_others(tmp_path / "a.js", "/*! @license MIT */")
    assert not made_by_others(tmp_path / "kalantar.js", "export function open() {}")


def test_every_file_that_others_made_is_listed():
    listed = {path for path, _ in reading.vendor()}
    found = []
    for path in reading.static_files():
        text = path.read_text(encoding="utf-8", errors="replace") if path.suffix in reading.TEXT else ""
        if made_by_others(path, text) and path not in listed:
            found.append(str(path.relative_to(reading.ROOT)))
    assert found == [], "name these in requirements/vendor.toml"


@pytest.mark.parametrize(("path", "entry"), reading.vendor(), ids=lambda value: getattr(value, "name", ""))
def test_a_listed_file_is_the_one_we_took(path, entry):
    assert set(entry) >= {"path", "name", "version", "licence", "sha256"}
    assert entry["licence"] in ALLOWED | {"OFL-1.1", "public domain"}
    assert hashlib.sha256(path.read_bytes()).hexdigest() == entry["sha256"]
