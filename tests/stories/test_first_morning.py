"""A chief's first morning, told in a browser, in Persian, on a phone and at a desk.

Sign-in, the morning, the area, a place, an event; a file with errors, its error file, the mended file, live, withdrawn.
"""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.urls import reverse

from tests.incidents.conftest import HEADER, row_at
from tests.overview.persian import fa, pressed
from tests.stories.looks import hold

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
WIDTHS = [390, 1280]


def sign_in(live, chief, width):
    from kalantar.people.rules import DEMO_PASSWORD

    page = live.open("/", width=width, height=844 if width < 600 else 900)
    assert reverse("people:sign_in") in page.url
    hold(live)
    page.fill("input[name=username]", chief.officer.username)
    page.fill("input[name=password]", DEMO_PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(live.url + "/")
    return page


def file_of(folder, city, name, *, bad):
    """Twenty events of last week; with `bad`, three rows that cannot be read."""
    rows = []
    for i in range(20):
        on = city.on - timedelta(days=1 + i % 7)
        rows.append(
            row_at(city.beats[i % 4], on=f"{on} {8 + i % 9:02d}:30", step=(i % 8) * 0.00031 + i * 0.00001, ref=f"R{i}")
        )
    if bad:
        rows[3][0], rows[8][1], rows[13][3] = "1404/13/45", "T-NOTHING", "north"
    path = folder / name
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(HEADER)
        writer.writerows(rows)
    return path


def send(page, path):
    """Send a file and keep what the columns were guessed to mean."""
    page.set_input_files("input[type=file]", path)
    page.click("main form[enctype] button")
    page.wait_for_url("**/imports/*-*/")
    page.click("form[action$='/columns/'] button")
    page.wait_for_selector("#preview")
    page.click("form[action$='/check/'] button")
    page.wait_for_selector("#report")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_first_morning(live, small_city, station, station_chief, tmp_path, width):
    from kalantar.incidents.models import Import, Incident
    from kalantar.kernel import jobs
    from kalantar.overview.models import MorningBrief

    page = sign_in(live, station_chief, width)

    # The morning: read and signed.
    assert page.locator("h1").inner_text().startswith("صبح به خیر.")
    hold(live)
    assert page.locator(".finds > li").count() >= 4
    page.get_by_role("button", name=pressed("read_sign")).click()
    page.wait_for_selector("[role=status]")
    assert MorningBrief.objects.filter(station=station, signed_by=station_chief.officer).count() == 1
    assert page.get_by_role("button", name=pressed("read_sign")).count() == 0

    # The area: the map, its twin, a beat.
    page = live.open(reverse("overview:my_area"))
    hold(live)
    page.keyboard.press("t")
    beat = page.locator("[data-view=table] a.row").first
    assert beat.is_visible()
    hold(live, themes=("light",))
    beat.click()
    page.wait_for_url("**/beat/**")
    hold(live)
    assert "محله" in page.locator("h1").inner_text()

    # A place that comes back, and one event there.
    page = live.open("/")
    page.locator(".finds > li", has_text="خیابان بهار").get_by_role("link").first.click()
    page.wait_for_url("**/findings/*/")
    hold(live)
    page.locator("table a.row").first.click()
    page.wait_for_url("**/incidents/*-*/")
    hold(live)
    assert "خیابان بهار" in page.locator("main").inner_text()

    # A file with errors: each is told with its row, its reason and its cure.
    before = Incident.objects.live().count()
    page = live.open(reverse("incidents:imports"))
    hold(live)
    send(page, file_of(tmp_path, small_city, "events.csv", bad=True))
    hold(live)
    with page.expect_download() as waiting:
        page.locator("a[href$='errors.csv']").click()
    told = list(csv.reader(io.StringIO(waiting.value.path().read_text(encoding="utf-8-sig"))))
    assert sorted(row[0] for row in told[1:]) == ["10", "15", "5"]
    assert all(row[3] and row[4] for row in told[1:])
    page.locator("form[action$='/discard/'] button").click()
    page.wait_for_url("**/imports/")
    assert Incident.objects.live().count() == before

    # The mended file: nothing of it is there until all of it is, and then it counts.
    send(page, file_of(tmp_path, small_city, "mended.csv", bad=False))
    assert page.locator("a[href$='errors.csv']").count() == 0
    page.click("form[action$='/load/'] button")
    page.wait_for_selector("progress, dl.kv")
    assert Incident.objects.live().count() == before
    jobs.run_due()
    page.reload()
    hold(live)
    assert Incident.objects.live().count() == before + 20
    batch = Import.objects.get(state=Import.LIVE)
    assert batch.file_name == "mended.csv"

    # It was the wrong year after all: taken back as a whole.
    page.fill("input[name=reason]", "سال فایل اشتباه بود")
    page.click("form[action$='/withdraw/'] button")
    page.wait_for_selector("[role=status]")
    hold(live)
    assert Incident.objects.live().count() == before
    jobs.run_due()
    assert live.open("/").locator("h1").inner_text().startswith("صبح به خیر.")


@pytest.fixture
def pages(small_city, station):
    from kalantar.incidents.models import Finding

    finding = Finding.objects.filter(station=station, kind="repeat_place").first()
    return [
        reverse("overview:morning"),
        reverse("overview:my_area"),
        reverse("overview:beat", args=[station.code, small_city.beats[1].code]),
        reverse("overview:finding", args=[finding.pk]),
        reverse("incidents:list"),
        reverse("incidents:imports"),
    ]


@pytest.fixture
def signed_in(live, client_of, station_chief):
    live.enter(client_of(station_chief))
    return live


def test_at_twice_the_size_every_page_still_fits(signed_in, pages):
    """200 % at a window of 1280 px is a page of 640."""
    for path in pages:
        signed_in.open(path, width=640, height=450)
        hold(signed_in, themes=())


def test_in_english_every_page_fits_from_phone_to_wall(signed_in, pages):
    signed_in.speak("en")
    for width in (320, 390, 1280, 1920):
        for path in pages:
            signed_in.open(path, width=width)
            hold(signed_in, themes=())
    signed_in.axe()


@pytest.mark.parametrize("colours", ["active", "none"])
def test_with_the_colours_of_the_system_every_page_can_be_read(signed_in, pages, colours):
    signed_in.page.emulate_media(forced_colors=colours, reduced_motion="reduce")
    for path in pages:
        page = signed_in.open(path, width=1280)
        hold(signed_in, themes=())
        moving = page.evaluate(
            "() => document.getAnimations().filter(a => a.playState === 'running' && a.effect.getTiming().duration > 10).length"
        )
        assert moving == 0, path


def focused(page) -> str:
    return page.evaluate("() => (document.activeElement.innerText || document.activeElement.name || '').trim()")


def test_the_chief_signs_with_the_keyboard_alone(signed_in, small_city, station):
    from kalantar.overview.models import MorningBrief

    page = signed_in.open("/", width=1280)
    page.keyboard.press("Tab")
    assert focused(page) == fa("Skip to the content")  # the first stop leads past the frame
    page.keyboard.press("Enter")
    strokes = 0
    while not (
        focused(page).startswith(pressed("read_sign")) and page.evaluate("document.activeElement.type") == "submit"
    ):
        page.keyboard.press("Tab")
        strokes += 1
        assert strokes <= 8, "the way to the signature is long"
        ring = page.evaluate(
            "() => { const s = getComputedStyle(document.activeElement); return s.outlineStyle + s.boxShadow }"
        )
        assert ring != "nonenone", focused(page)
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=status]")
    assert MorningBrief.objects.filter(station=station).count() == 1


def test_one_letter_signs_and_one_shows_the_table(signed_in, small_city, station):
    from kalantar.overview.models import MorningBrief

    page = signed_in.open("/", width=1280)
    page.keyboard.press("s")
    page.wait_for_selector("[role=status]")
    assert MorningBrief.objects.filter(station=station).count() == 1
    page = signed_in.open(reverse("overview:my_area"))
    assert not page.locator("[data-view=table]").is_visible()
    page.keyboard.press("t")
    assert page.locator("[data-view=table]").is_visible()


def test_without_a_script_the_morning_is_signed_and_the_table_is_there(
    chromium, live_server, client_of, station_chief, small_city, station
):
    from kalantar.overview.models import MorningBrief

    context = chromium.new_context(java_script_enabled=False, locale="fa-IR")
    cookies = client_of(station_chief).cookies
    context.add_cookies([{"name": n, "value": c.value, "url": live_server.url} for n, c in cookies.items()])
    page = context.new_page()
    page.goto(live_server.url + reverse("overview:my_area"))
    assert page.locator("[data-view=table] a.row").first.is_visible()
    page.goto(live_server.url + "/")
    page.get_by_role("button", name=pressed("read_sign")).click()
    page.wait_for_selector("[role=status]")
    assert MorningBrief.objects.filter(station=station).count() == 1
    context.close()


@pytest.mark.parametrize("language", ["fa", "en"])
def test_the_paper_is_one_page(signed_in, small_city, station, language, tmp_path):
    signed_in.speak(language)
    page = signed_in.open(reverse("overview:paper", args=[station.code]), width=1280)
    signed_in.axe()
    page.emulate_media(media="print")
    high = page.evaluate(
        "() => [...document.querySelectorAll('.a4, .a4 > *')].map(e => [e.className || e.tagName, Math.round(e.getBoundingClientRect().height / 96 * 25.4)])"
    )
    pdf = page.pdf(prefer_css_page_size=True)
    assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") + pdf.count(b"/Type/Page/") == 1, (
        f"in millimetres: {high}"
    )
    assert page.locator(".pfoot").is_visible()
    assert not page.locator("nav.noprint").is_visible()


def test_the_wall_is_one_screen(signed_in, small_city, station):
    page = signed_in.open(reverse("overview:wall", args=[station.code]), width=1920, height=1080)
    high = page.evaluate("() => document.documentElement.scrollHeight - document.documentElement.clientHeight")
    assert high <= 0, f"{high} px too high"
    assert page.locator("button:visible, input:visible").count() == 0
    signed_in.axe()
