"""Promises about the templates: floors, no inline code, no other host, every page that is named exists."""

import re
from pathlib import Path

import pytest

from tests.house import reading

NEEDS = re.compile(r"""{%\s*(extends|include)\s+["']([^"']+)["']""")
URL = re.compile(r"""{%\s*(?:url|page_url)\s+["']([^"']+)["']""")
INLINE = re.compile(r"""<script(?![^>]*\ssrc=)|<style\b|\sstyle\s*=|\son[a-z]+\s*=\s*["']|javascript:""", re.IGNORECASE)
OUTSIDE = re.compile(r"""(?:https?:)?//(?!www\.w3\.org/)[a-z0-9][a-z0-9.-]*\.[a-z]{2,}""", re.IGNORECASE)
COMMENT = re.compile(r"{% comment .*?{% endcomment %}|{#.*?#}|<!--.*?-->", re.DOTALL)


def owners() -> dict[str, str]:
    """Template name → the room that carries it."""
    found = {}
    for path in reading.templates():
        parts = path.relative_to(reading.PACKAGE).parts
        found["/".join(parts[2:])] = parts[0]
    return found


def climbs(room: str, text: str, owned: dict[str, str]) -> list[str]:
    """What a room's template takes from a room above it, beside it, or from nowhere."""
    faults = []
    for tag, name in NEEDS.findall(text):
        other = owned.get(name)
        if other is None:
            faults.append(f"{tag} {name}: there is no such template")
        elif other != room and reading.floor(other) >= reading.floor(room):
            faults.append(f"{tag} {name}: {room} may not use {other}")
    return faults


def inline(text: str) -> list[str]:
    return [match[0] for match in INLINE.finditer(COMMENT.sub("", text))]


def url_names() -> set[str]:
    from django.urls import get_resolver
    from django.urls.resolvers import URLResolver

    def names(resolver, prefix=""):
        for entry in resolver.url_patterns:
            if isinstance(entry, URLResolver):
                yield from names(entry, f"{prefix}{entry.namespace}:" if entry.namespace else prefix)
            elif entry.name:
                yield prefix + entry.name

    return set(names(get_resolver()))


def all_templates():
    return pytest.mark.parametrize("path", reading.templates(), ids=lambda path: str(path.relative_to(reading.PACKAGE)))


def test_a_climbing_template_is_caught():
    owned = {"web/base.html": "web", "overview/morning.html": "overview", "incidents/_row.html": "incidents"}
    assert climbs("incidents", '{% extends "web/base.html" %}{% include "incidents/_row.html" %}', owned) == []
    assert climbs("territory", '{% include "incidents/_row.html" %}', owned)
    assert climbs("web", '{% include "overview/morning.html" with a=1 %}', owned)
    assert climbs("web", '{% include "web/none.html" %}', owned)


@all_templates()
def test_a_template_keeps_to_the_floors(path):
    assert climbs(reading.room_of(path), path.read_text(encoding="utf-8"), owners()) == []


@pytest.mark.parametrize(
    ("sample", "caught"),
    [
        ("<script>go()</script>", True),
        ('<script type="module" src="{% static "a.js" %}"></script>', False),
        ('<p style="color: red">', True),
        ("<style>p { }</style>", True),
        ("<button onclick='go()'>", True),
        ('<a href="javascript:go()">', True),
        ('<a data-action="go" class="styled">one = two</a>', False),
        ("{# <script> in a comment #}", False),
    ],
)
def test_inline_code_is_recognised(sample, caught):
    assert bool(inline(sample)) is caught


@all_templates()
def test_no_inline_style_or_script(path):
    assert inline(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("sample", "caught"),
    [
        ('<link href="https://fonts.example.org/a.css">', True),
        ("@import url(//cdn.example.net/x.css)", True),
        ('<svg xmlns="http://www.w3.org/2000/svg">', False),
        ("// a comment of a script", False),
        ('<a href="{{ page }}">', False),
    ],
)
def test_another_host_is_recognised(sample, caught):
    assert bool(OUTSIDE.search(sample)) is caught


def test_no_page_names_another_host():
    """Licence texts may; what a browser reads may not."""
    found = []
    vendored = {path for path, _ in reading.vendor()}
    for path in [*reading.templates(), *reading.static_files(".css", ".js", ".mjs", ".svg", ".json", ".webmanifest")]:
        text = path.read_text(encoding="utf-8")
        for match in OUTSIDE.finditer(text):
            if path not in vendored:
                found.append(f"{reading.where(path, text, match.start())}: {match[0]}")
    assert found == []


def test_every_page_that_a_template_names_exists():
    assert URL.findall("""{% url 'people:sign_in' %}{% page_url "web:home" row.pk %}""") == [
        "people:sign_in",
        "web:home",
    ]
    known = url_names()
    assert known
    missing = [
        f"{path.relative_to(reading.ROOT)}: {name}"
        for path in reading.templates()
        for name in URL.findall(path.read_text(encoding="utf-8"))
        if name not in known
    ]
    assert missing == []


@all_templates()
def test_every_template_is_read_by_django(path):
    """Its syntax, its tags and its filters are known."""
    from django.template import engines

    engines["django"].from_string(Path(path).read_text(encoding="utf-8"))
