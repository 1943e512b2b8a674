"""Promises about the Python: pure rules, migrations that stand alone, no shortcut round the escapes, no Persian."""

import ast
import re

import pytest

from tests.house import reading

PERSIAN = re.compile("[\u0600-\u06ff\u200c\ufb50-\ufdff\ufe70-\ufeff]")
# Built from halves, so that this file does not find itself.
SHORTCUTS = re.compile(
    "|".join(["mark" + "_safe", "csrf" + "_exempt", "unsafe" + "-inline", "unsafe" + "-eval", r"\.raw\(", r"\.extra\("])
)
IMPURE = ("django", "kalantar.kernel", "kalantar.people.models", "psycopg", "pysqlite3")


def imported(code: str, package: str = "") -> set[str]:
    """The full names of all that a module imports, also inside functions; relative names are resolved."""
    names = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")
                base = ".".join(filter(None, [*parts[: len(parts) - node.level + 1], base]))
            names |= {base} | {f"{base}.{alias.name}" for alias in node.names}
    return names


def uses(names: set[str], *forbidden: str) -> set[str]:
    return {name for name in names for root in forbidden if name == root or name.startswith(root + ".")}


def module_imports(path) -> set[str]:
    package = ".".join(("kalantar", *path.relative_to(reading.PACKAGE).parts[:-1]))
    return imported(path.read_text(encoding="utf-8"), package)


def ids(path):
    return str(path.relative_to(reading.PACKAGE))


def test_imports_are_read_in_every_form():
    code = "import django.db\ndef f():\n    from ..people import models\nfrom . import audit\nfrom numpy import array"
    assert imported(code, "kalantar.incidents") >= {"django.db", "kalantar.people.models", "kalantar.incidents.audit"}
    assert uses(imported(code, "kalantar.incidents"), *IMPURE) == {"django.db", "kalantar.people.models"}
    assert uses({"djangolike", "numpy"}, *IMPURE) == set()


@pytest.mark.parametrize("path", reading.python_files("rules"), ids=ids)
def test_rules_are_pure(path):
    assert uses(module_imports(path), *IMPURE) == set()


def test_the_cellar_knows_no_django():
    cellar = [path for path in reading.python_files() if reading.room_of(path) in reading.CELLAR]
    assert len(cellar) > 10
    assert {ids(path): found for path in cellar if (found := uses(module_imports(path), "django"))} == {}


@pytest.mark.parametrize("path", reading.python_files("migrations"), ids=ids)
def test_a_migration_imports_none_of_our_code(path):
    """A migration must run in ten years as it ran today, whatever the code has become.

    One exception: Django writes a default that is a function by its name, so `kernel.uids` stays where it is.
    """
    assert uses(module_imports(path), "kalantar") - {"kalantar.kernel.uids"} == set()


def test_shortcuts_are_recognised():
    assert SHORTCUTS.search("x = mark" + "_safe(y)")
    assert SHORTCUTS.search("Report.objects" + ".raw(sql)")
    assert not SHORTCUTS.search("format_html('{}', y); log.info('a', extra={}); raw_input")


def test_nothing_goes_round_the_escapes():
    found = []
    for path in [*reading.python_files(), *reading.templates(), *reading.static_files(".js")]:
        text = path.read_text(encoding="utf-8")
        found += [f"{reading.where(path, text, match.start())}: {match[0]}" for match in SHORTCUTS.finditer(text)]
    assert found == []


def test_persian_is_recognised():
    assert PERSIAN.search("\u0633\u0644\u0627\u0645")
    assert PERSIAN.search("\u06f1\u06f2")
    assert not PERSIAN.search("Kermanshah, 12 %")


def test_no_persian_stands_in_python():
    """Words live in the .po files and tables; only the Persian library and data modules spell letters."""
    found = []
    for path in reading.python_files():
        if reading.room_of(path) in {"persian", "data"}:
            continue
        text = path.read_text(encoding="utf-8")
        found += [reading.where(path, text, match.start()) for match in PERSIAN.finditer(text)]
    assert sorted(set(found)) == []


def test_an_exception_to_a_tool_gives_its_reason():
    """`# noqa: S608 - why`, `# type: ignore[misc] - why`: a bare one hides more than it says."""
    bare = re.compile(r"#\s*(noqa(?!: [A-Z0-9, ]+ +-? ?\w)|type: *ignore(?!\[[\w, -]+\] +\S))")
    assert bare.search("x = 1  # noqa")
    assert bare.search("x = 1  # noqa: E501")
    assert bare.search("x = 1  # type: ignore")
    assert not bare.search("x = 1  # noqa: E402 - the path comes first")
    assert not bare.search("x = 1  # type: ignore[misc] - a descriptor")
    found = []
    for path in [*reading.python_files(), *(reading.ROOT / "tests").rglob("*.py")]:
        if path.name == "test_python.py":
            continue
        text = path.read_text(encoding="utf-8")
        found += [reading.where(path, text, match.start()) for match in bare.finditer(text)]
    assert found == []


def test_unfinished_work_is_not_left_in_the_code():
    left = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    assert left.search("# TO" + "DO: later")
    found = []
    for path in reading.tracked_text():
        if path.suffix in {".py", ".html", ".js", ".css", ".md"}:
            text = path.read_text(encoding="utf-8")
            found += [reading.where(path, text, match.start()) for match in left.finditer(text)]
    assert found == []
