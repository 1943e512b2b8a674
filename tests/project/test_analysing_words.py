"""A Persian report is Persian to the last label, and its page keeps a strict policy."""

import base64
import hashlib
import html.parser
import importlib
import pkgutil
import re
from dataclasses import fields

import numpy as np
import pytest

from kalantar import analysis
from kalantar.analysis import _causes_said, causes, drawing, pictures
from kalantar.analysis.results import Result
from kalantar.project import messages
from kalantar.project.analysing import meanings, report, words
from kalantar.project.sentences import say

from . import test_analysing

town = test_analysing.town
LATIN = re.compile("[A-Za-z]{2,}")
OF_THE_FILES = re.compile(r"\b(?:area \d\d|place \d+|shops|[aAL]\d+|8[0-9a-f]{14}|EPSG:\d+)\b")
SIGNS = {"Gi"}  # of a statistic


@pytest.fixture(autouse=True)
def persian(monkeypatch):
    monkeypatch.setenv("KALANTAR_LANGUAGE", "fa")
    messages.compile_changed()


class _Read(html.parser.HTMLParser):
    """The text a reader sees, without commands, digests and what the files themselves call a thing."""

    def __init__(self):
        super().__init__()
        self.inside, self.text, self.styled = [], [], []

    def handle_starttag(self, tag, attrs):
        self.inside.append(tag)
        self.styled += [value for name, value in attrs if name == "style"]
        self.text += [value for name, value in attrs if name == "aria-label"]
        if tag in {"meta", "path", "rect", "polygon"}:
            self.inside.pop()

    def handle_endtag(self, tag):
        while self.inside and self.inside.pop() != tag:
            pass

    def handle_data(self, data):
        if not {"style", "pre", "code", "bdi"} & set(self.inside):
            self.text.append(data)


def english_in(page):
    read = _Read()
    read.feed(page)
    assert read.styled == []
    left = " ".join(OF_THE_FILES.sub("", text) for text in read.text)
    return sorted(set(LATIN.findall(left)) - SIGNS)


@pytest.mark.parametrize("name", sorted(test_analysing.CALLS))
def test_no_english_is_left_in_a_persian_report(town, name):
    answer = test_analysing.asked(town, name, *test_analysing.CALLS[name])
    assert english_in(report.page(answer, say=say, language="fa")) == []


def test_the_reader_of_this_file_finds_english():
    label = pictures.Bars(title="Two counts", labels=("first", "unheard of"), values=np.ones(2), value_label="events")
    drawn = drawing.svg(label, say=lambda text: words.told(text, say))
    assert english_in(f"<figure>{drawn}</figure>") == ["of", "unheard"]


def results():
    for found in pkgutil.iter_modules(analysis.__path__):
        if not found.name.startswith("_"):
            importlib.import_module(f"kalantar.analysis.{found.name}")
    known = [Result]
    for one in known:
        known += one.__subclasses__()
    return [one for one in known if one.__module__.startswith("kalantar.analysis.") and one is not Result]


def test_every_figure_of_every_result_has_a_persian_name():
    plain = {bool, int, float, str, "bool", "int", "float", "str"}
    names = {one.name for of in results() for one in fields(of) if one.type in plain} | {
        name for of in results() for name in of.columns
    }
    unsaid = {name for name in names if LATIN.search(words.told(name, say))}
    assert unsaid == set() and len(names) > 200


def test_every_sentence_of_a_cause_is_in_the_catalogue():
    said = {*_causes_said.SAID.values(), *_causes_said.DISPROOF.values(), *_causes_said.CHECK.values()}
    said |= {_causes_said.OTHER_DISPROOF, _causes_said.OTHER_CHECK, _causes_said.PLACE_DISPROOF}
    said |= {_causes_said.PLACE_CHECK, *causes.REASONS.values()}
    assert said == set(words.SENTENCES)
    for one in said:
        assert not LATIN.search(re.sub(r"%\(\w+\)s", "", say(one)))


def test_a_cause_says_its_numbers_days_and_names():
    template = _causes_said.SAID["displacement_day"]
    values = {"m": 150, "count": 17.0, "expected": 1.8, "named": "L12, L7", "day": np.datetime64("2026-11-24")}
    assert "on 2026-11-24" in _causes_said.english(template, values)
    told = meanings._claim(template, values)
    assert all(part in told for part in ("\u06f1\u06f5\u06f0", "\u06f1\u06f7", "\u06f1\u066b\u06f8", "L12", "L7"))
    assert "2026" not in told and "\u06f1\u06f4\u06f0\u06f5" in told


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("[0, 100)", ("\u06f0", "\u06f1\u06f0\u06f0")),
        ("Monday 08:00", ("\u06f0\u06f8:\u06f0\u06f0",)),
        ("500 m", ("\u06f5\u06f0\u06f0",)),
        ("lamps within 600 m", ("\u06f6\u06f0\u06f0",)),
        ("near_repeat", ()),
        ("within_m", ()),
        ("variance_random", ()),
    ],
)
def test_words_with_something_in_them_are_said_whole(word, parts):
    told = words.told(word, say)
    assert not re.search("[A-Za-z0-9]", told)
    for part in parts:
        assert part in told


def test_a_name_of_the_file_stands_as_it_is(monkeypatch):
    assert words.told("Sector 7-B of Northgate", say) == "Sector 7-B of Northgate"
    monkeypatch.setenv("KALANTAR_LANGUAGE", "en")
    assert words.told("[0, 100)", say) == "0 up to 100"
    assert words.told("Monday 08:00", say) == "Monday 08:00"
    assert words.told("within_m", say) == "within (m)"


def test_days_of_a_scan_are_days_of_the_calendar(town):
    answer = test_analysing.asked(town, "scan", *test_analysing.CALLS["scan"])
    page = report.page(answer, say=say, language="fa")
    assert words.day(np.datetime64(int(answer.result.end), "D")) in page
    assert meanings.n(answer.result.end) not in page


def test_the_page_carries_the_digest_of_its_only_style_and_no_other(town):
    page = report.page(
        test_analysing.asked(town, "near-repeat", *test_analysing.EVENTS, "--runs", "19"), say=say, language="fa"
    )
    (style,) = re.findall("<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; font-src data:"
    assert " style=" not in page.replace(style, "")
    assert 'dir="rtl"' in page
