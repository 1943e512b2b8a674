"""The stylesheet, the script and the icons: contrast, sizes, one source of colour, nothing unused."""

import gzip
import itertools
import re
from pathlib import Path

import pytest

import kalantar.web

STATIC = Path(kalantar.web.__file__).parent / "static" / "kalantar"
PACKAGE = Path(kalantar.web.__file__).parents[1]
CSS = (STATIC / "kalantar.css").read_text(encoding="utf-8")
PAIR = r"--([\w-]+):var\(--L,(#\w+)\)var\(--D,(#\w+)\)"
TOKENS = {name: (light, dark) for name, light, dark in re.findall(PAIR, CSS)}
BOTH = dict(re.findall(r"--(q[\w-]*):(#\w+)", CSS))

TEXT = [
    *((ink, ground) for ink in ("ink", "soft", "go", "due", "late", "ok", "sim") for ground in ("paper", "card")),
    ("ink", "sunk"), ("soft", "sunk"), ("ink", "go-tint"), ("go", "go-tint"), ("go-deep", "go-tint"),
    ("go-deep", "card"),
    ("due", "due-tint"), ("late", "late-tint"), ("ok", "ok-tint"), ("sim", "sim-tint"), ("on-go", "go"),
    ("on-go", "go-deep"), ("on-late", "late"), ("paper", "ink"), ("card", "ink"), ("card", "soft"),
]  # fmt: skip
EDGES = [("edge", "card"), ("edge", "paper"), ("go", "card"), ("go", "paper")]


def light_of(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    text = colour.lstrip("#")
    text = "".join(c * 2 for c in text) if len(text) == 3 else text
    parts = [int(text[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((light_of(one), light_of(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_measure_is_right():
    assert contrast("#fff", "#000") == pytest.approx(21)
    assert contrast("#777", "#fff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_text_can_be_read_on_its_ground(ink, ground, theme):
    assert contrast(TOKENS[ink][theme], TOKENS[ground][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("line", "ground"), EDGES)
def test_what_can_be_pressed_has_a_visible_edge(line, ground, theme):
    assert contrast(TOKENS[line][theme], TOKENS[ground][theme]) >= 3


@pytest.mark.parametrize(("ink", "ground"), [("q-ink", "q1"), ("q-ink", "q2"), ("q-ink", "q3"), ("q4-ink", "q4")])
def test_figures_can_be_read_on_the_colours_of_data(ink, ground):
    assert contrast(BOTH[ink], BOTH[ground]) >= 4.5


def test_the_sequence_of_data_darkens_evenly():
    lights = [light_of(BOTH[f"q{n}"]) for n in (1, 2, 3, 4)]
    assert lights == sorted(lights, reverse=True)
    assert all(earlier / later > 1.4 for earlier, later in itertools.pairwise(lights))


def test_below_the_tokens_nothing_names_a_colour():
    below = CSS[CSS.index("/* ground */") :]
    named = r"#(?!few)[0-9a-fA-F]{3,8}\b|rgb|hsl|[:, ](?:white|black|red|green|blue|gr[ae]y|orange)\b(?!-)"
    assert re.findall(named, below) == []


def test_nothing_is_left_or_right():
    sides = re.findall(r"(?<![\w-])(?:margin|padding|border|inset)?-?(?:left|right)\s*:|text-align:(?:left|right)", CSS)
    assert sides == []


SPACE = {0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4}  # rem: 4, 8, 12, 16, 24, 32, 48, 64 px


def off_the_scale(css: str) -> list[str]:
    """Margins, paddings and gaps in rem that are no step of the scale."""
    spaces = re.findall(r"(?<![\w-])((?:margin|padding|gap|row-gap)[\w-]*):([^;}]+)", css)
    sizes = [(name, float(size)) for name, value in spaces for size in re.findall(r"(?<![\w.])-?([\d.]+)rem", value)]
    return [f"{name}:{size}rem" for name, size in sizes if size not in SPACE]


def test_space_has_one_scale():
    below = CSS[CSS.index("/* ground */") :]
    assert off_the_scale(below) == ["padding-block:0.2rem", "padding-block-end:4.5rem"]  # a link's row; the phone's bar
    assert off_the_scale("a{gap:1rem .6rem}") == ["gap:0.6rem"]


def classes_given() -> set[str]:
    """Every word that a template, a script or Python could give an element as its class."""
    found = {f"h{n}" for n in range(1, 5)}  # charts.heat counts its steps
    for path in PACKAGE.rglob("*"):
        if path.suffix in {".html", ".py", ".js"} and path.relative_to(PACKAGE).parts[0] in ROOMS_WITH_PAGES:
            text = path.read_text(encoding="utf-8")
            given = re.findall(r'class=\\?"([^"\\]*)', text) + re.findall(r"[\"']([\w -]{1,20})[\"']", text)
            found |= set(re.findall(r"[\w-]+", " ".join(given)))
    return found


ROOMS_WITH_PAGES = {"web", "people", "territory", "incidents", "overview"}


def classes_named(css: str) -> set[str]:
    selectors = re.sub(r"\{[^{}]*\}", "{}", re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL))
    return set(re.findall(r"\.([a-zA-Z][\w-]*)", selectors))


def test_no_rule_is_for_nobody():
    assert classes_named(CSS) - classes_given() == set()
    assert classes_named(".card,.no-such-part i{margin:1px}") - classes_given() == {"no-such-part"}


@pytest.mark.parametrize(
    ("name", "limit", "packed"),
    [
        ("kalantar.css", 25_600, 7_600),
        ("kalantar.js", 15_000, 5_500),
        ("icons.svg", 20_000, 7_000),
        ("vazirmatn-400-800.woff2", 32_768, 32_768),
    ],
)
def test_what_is_sent_is_small(name, limit, packed):
    content = (STATIC / name).read_bytes()
    assert len(content) <= limit
    assert len(gzip.compress(content, 9)) <= packed


def test_the_script_needs_no_looser_policy():
    script = (STATIC / "kalantar.js").read_text(encoding="utf-8")
    assert not re.search(
        r"\beval\b|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\.style\b|https?:", script
    )


def sprite() -> set[str]:
    return set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "icons.svg").read_text(encoding="utf-8")))


def icons_named() -> set[str]:
    found = set()
    for path in PACKAGE.rglob("templates/**/*.html"):
        text = path.read_text(encoding="utf-8")
        found |= set(re.findall(r'{% icon "([\w-]+)"', text)) | set(re.findall(r'\bicon="([\w-]+)"', text))
    return found


def test_every_icon_a_page_names_is_drawn():
    assert icons_named() - sprite() == set()


def test_every_status_mark_is_drawn():
    from kalantar.web.templatetags import kalantar as tags

    marks = {mark.split()[0] for group in tags.TONES.values() for mark in group.values()}
    assert (marks | {mark.split()[0] for mark in tags.USUAL.values()}) - sprite() == set()


def test_no_icon_is_drawn_twice():
    drawn = re.findall(r'<symbol id="([\w-]+)"', (STATIC / "icons.svg").read_text(encoding="utf-8"))
    assert len(drawn) == len(set(drawn))
