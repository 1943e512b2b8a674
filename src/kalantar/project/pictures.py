"""`kalantar pictures`: every screen at 390, 1280 and 1920 pixels, light and dark, Persian and English, for looking at."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from .cli import home, wake
from .stop import Stop

WIDTHS = {390: 844, 1280: 900, 1920: 1080}
FLAGS = ["--no-sandbox", "--disable-gpu-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run", "--disable-sync",
         "--disable-default-apps", "--disable-quic"]  # fmt: skip
README = {
    ("today", 1280, "light", "fa"),
    ("area", 1280, "light", "fa"),
    ("today", 390, "dark", "fa"),
}


def run(options) -> int:
    data = options.data or home() / "demo-chicago"
    wake("demo", data)
    from . import demo

    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise Stop("The pictures need the test packages. Run: ./kalantar pictures") from None
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        raise Stop("The pictures need a browser. Install it: sudo apt-get install chromium")
    project = Path(__file__).resolve().parents[3]
    out = options.out or (project / "docs" / "pictures" if options.readme else home() / "pictures")
    out.mkdir(parents=True, exist_ok=True)
    demo.prepare(say=lambda text: print(f"kalantar: {text}", file=sys.stderr))
    addresses, made = screens(), 0  # before Playwright's loop runs, in which Django asks nothing of the database
    with served() as address, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=FLAGS)
        for language in ("fa", "en"):
            for theme in ("light", "dark"):
                for width, height in WIDTHS.items():
                    wanted = (
                        {name for name, w, t, lang in README if (w, t, lang) == (width, theme, language)}
                        if options.readme
                        else None
                    )
                    if wanted == set():
                        continue
                    made += _shoot(browser, address, addresses, out, language, theme, width, height, wanted)
        browser.close()
    print(f"{made} pictures in {out}")
    return 0


def screens() -> list[tuple[str, str]]:
    """Name and address of every screen a station chief of the demonstration can open."""
    from django.urls import reverse

    from kalantar.incidents.models import Finding, Import, Incident
    from kalantar.territory.models import Beat

    from .demo import STATION

    beat = Beat.objects.in_force().filter(station__code=STATION).first()
    event = (
        Incident.objects.live()
        .filter(station__code=STATION, shown_as=Incident.POINT)
        .order_by("-occurred_from")
        .first()
    )
    batch = Import.objects.filter(state=Import.LIVE).first()
    found = [
        ("today", reverse("overview:morning")),
        ("wall", reverse("overview:wall", args=[STATION])),
        ("paper", reverse("overview:paper", args=[STATION])),
        ("area", reverse("overview:area", args=[STATION])),
        ("beat", reverse("overview:beat", args=[STATION, beat.code])),
        ("incidents", reverse("incidents:list")),
        ("incident", reverse("incidents:incident", args=[event.uid])),
        ("incident-new", reverse("incidents:record")),
        ("incidents-map", reverse("incidents:map")),
        ("imports", reverse("incidents:imports")),
        ("to-fix", reverse("incidents:to_fix")),
        ("boundaries", reverse("territory:boundaries")),
        ("colleagues", reverse("people:colleagues")),
        ("account", reverse("people:account")),
        ("inbox", reverse("people:inbox")),
    ]
    found += [(f"finding-{kind}", reverse("overview:finding", args=[row.pk])) for kind in (Finding.RISE, Finding.HOT, Finding.REPEAT, Finding.HIGH)
              if (row := Finding.objects.filter(station__code=STATION, kind=kind).first())]  # fmt: skip
    if batch:
        found.append(("import", reverse("incidents:import", args=[batch.uid])))
    return found


@contextlib.contextmanager
def served() -> Iterator[str]:
    """The demonstration's web server on a free port of loopback."""
    from django.db import connection

    from . import demo, serving

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    connection.close()
    server = subprocess.Popen(serving.server_command("127.0.0.1", port, 1), env=serving.environment())
    try:
        if not demo.answers(port, server):
            raise Stop("The web server did not start; what it said stands above.")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=10)


def _shoot(browser, address, addresses, out, language, theme, width, height, wanted) -> int:
    from kalantar.people import set_up

    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=theme, locale=language, reduced_motion="reduce"
    )
    context.add_cookies([{"name": "language", "value": language, "url": address}])
    page = context.new_page()
    n = 0

    def take(name, path):
        nonlocal n
        if wanted is None or name in wanted:
            page.goto(address + path)
            page.wait_for_load_state("networkidle")
            page.screenshot(path=out / f"{name}-{width}-{theme}-{language}.png", full_page=width != 1920)
            n += 1

    take("sign-in", "/people/sign-in/")
    page.goto(address + "/people/sign-in/")
    page.fill("input[name=username]", "station_chief")
    page.fill("input[name=password]", set_up.DEMO_PASSWORD)
    page.click("main form .btn.big")
    page.wait_for_load_state("networkidle")
    for name, path in addresses:
        take(name, path)
    context.close()
    return n
