"""The demonstration: a real city's recorded incidents, brought in through the same doors as anybody's file."""

from __future__ import annotations

import csv
import http.client
import io
import lzma
import os
import re
import signal
import subprocess
import sys
import time
import webbrowser
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection

from kalantar.incidents import types
from kalantar.incidents.by_command import import_incidents
from kalantar.incidents.models import Import
from kalantar.kernel import audit, clock, installation, jobs
from kalantar.kernel import verbs as kernel_verbs
from kalantar.people import set_up
from kalantar.people.actors import COMMAND_LINE
from kalantar.people.models import Officer, Station
from kalantar.people.roles import Role
from kalantar.territory import verbs as territory_verbs
from kalantar.territory.imports import import_boundaries
from kalantar.territory.models import Beat

from . import serving
from .opening import insist_ready, migrate
from .sentences import marked as _
from .sentences import say as put
from .stop import Stop

ZONE = ZoneInfo("America/Chicago")
OPENS = datetime(2018, 1, 1, 7, 0, tzinfo=ZONE)
ENDS = datetime(2020, 1, 1, 0, 0, tzinfo=ZONE)
SOURCE = Path(__file__).resolve().parents[1] / "data" / "chicago"
STATION = "3"  # the cast's own station: district 3, on the lake
OTHER = "2"
FILES = ("assaults", "burglaries")


def run(options, data: Path) -> int:
    started = time.monotonic()
    if options.forward:
        return forward(options.forward)
    if not options.set_up_only:
        serving.insist_free("127.0.0.1", options.port)
    prepare(say=lambda text: print(f"kalantar: {text}", file=sys.stderr, flush=True))
    if options.set_up_only:
        return 0
    return serve(options, started)


def prepare(say) -> None:
    """Everything from an empty folder to a loaded city; whatever stands already is left."""
    lay_ground(say, OPENS)
    if not done("incidents"):
        sweep_unfinished()
        for name in FILES:
            bring(name, None, clock.now(), say)
        mark("incidents")
    if not done("morning"):
        say("looking for what a chief should know this morning ...")
        make_findings()
        audit.stamp()
        mark("morning")
    serving.collect_static()


def lay_ground(say, opens: datetime) -> None:
    """The city before its first file: tables, people, stations, beats, and the moment at which it opens."""
    migrate()
    try:
        if installation.current().kind != "demo":
            raise Stop(
                _(
                    "This data folder holds a real installation, which a demonstration never enters. "
                    "Please choose another: %(option)s"
                ),
                option="--data DIR",
            )
    except installation.NotInstalled:
        say(f"opening the demonstration on {opens.day} {opens:%B %Y, %H:%M} ...")
        kernel_verbs.open_installation(
            "demo",
            by=COMMAND_LINE,
            name=names()["city"],
            name_en="Chicago",
            time_zone=str(ZONE),
            offset=opens - clock.wall(),
        )
    if not done("people"):
        types.load_types(by=COMMAND_LINE)
        with lzma.open(SOURCE / "districts.geojson.xz", "rt") as file:
            codes = sorted({c for c in re.findall(r'"District": "(\d+)"', file.read()) if c != "31"}, key=int)
        set_up.raise_city(names(), codes, by=COMMAND_LINE)
        set_up.enrol_cast(station=STATION, other=OTHER, by=COMMAND_LINE)
        mark("people")
    if not done("boundaries"):
        say("drawing 22 stations and their beats ...")
        for name, kind in (("districts", "station"), ("beats", "beat")):
            report = import_boundaries(unpacked(f"{name}.geojson"), kind=kind, by=COMMAND_LINE, only_known=True)
            if not report.done:
                raise Stop(report.as_text())
        name_beat_officers()
        mark("boundaries")


def make_findings() -> dict[str, int]:
    from kalantar.incidents import findings  # the statistics behind it take a second to load; a second start needs none

    return findings.make_all(clock.today())


def names() -> dict[str, str]:
    """The city's words, which are data."""
    with (SOURCE / "names.csv").open(encoding="utf-8", newline="") as file:
        return {row["key"]: row["value"] for row in csv.DictReader(file)}


def done(step: str) -> bool:
    return (Path(settings.DATA) / f"demo.{step}").exists()


def mark(step: str) -> None:
    (Path(settings.DATA) / f"demo.{step}").write_text(datetime.now(UTC).isoformat())


def sweep_unfinished() -> None:
    """A first start that was killed leaves an import that was never seen: take it away and begin again."""
    from kalantar.incidents import verbs

    for batch in Import.objects.exclude(state__in=[Import.WITHDRAWN, Import.SWEPT]):
        if batch.state == Import.LIVE:
            verbs.withdraw_import(batch, by=COMMAND_LINE, reason="the demonstration's first start was cut short")
    jobs.run_due()


def unpacked(name: str) -> Path:
    folder = Path(settings.DATA) / "demo"
    folder.mkdir(exist_ok=True)
    path = folder / name
    if not path.exists():
        with lzma.open(SOURCE / f"{name}.xz") as packed:
            path.write_bytes(packed.read())
    return path


def slice_of(name: str, after: datetime | None, before: datetime) -> tuple[Path, int] | None:
    """The rows of a demonstration file that happened in a span, as a file of their own; None when nothing did.

    A date without an hour happens at the day's end, so a day's burglaries arrive on the next morning.
    """
    with lzma.open(SOURCE / f"{name}.csv.xz", "rt", newline="") as packed:
        rows = csv.reader(packed)
        header = next(rows)
        column = header.index("date")

        def at(text: str) -> str:
            if "/" in text:
                day, month, year = text.split("/")
                return f"{year}-{month}-{day} 23:59"
            return text

        low = after.astimezone(ZONE).strftime("%Y-%m-%d %H:%M") if after else ""
        high = before.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")
        kept = [row for row in rows if low <= at(row[column]) < high]
    if not kept:
        return None
    folder = Path(settings.DATA) / "demo"
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}-until-{high[:16].replace(' ', '-').replace(':', '')}.csv"
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(kept)
    path.write_text(text.getvalue(), encoding="utf-8")
    return path, len(kept)


def bring(name: str, after: datetime | None, before: datetime, say) -> None:
    part = slice_of(name, after, before)
    if part is not None:
        path, n = part
        say(f"bringing in {n:,} {name} ...")
        said = io.StringIO()
        if import_incidents(path, map=SOURCE / f"{name}.map.toml", by=COMMAND_LINE, out=said, err=said):
            raise Stop(said.getvalue())
        path.unlink()
    (Path(settings.DATA) / f"demo.{name}.until").write_text(before.isoformat())


def loaded_until(name: str) -> datetime:
    """How far a file has come in. A step forward that was cut short, or hours gone by, are made up by the next one."""
    mark = Path(settings.DATA) / f"demo.{name}.until"
    return datetime.fromisoformat(mark.read_text()) if mark.exists() else OPENS


def name_beat_officers() -> None:
    """One colleague for each beat of the cast's station but the last, which the morning then asks about."""
    station = Station.objects.get(code=STATION)
    beats = list(Beat.objects.in_force().filter(station=station).order_by("code"))
    own = Officer.objects.get(username="beat_officer")
    for n, beat in enumerate(beats[:-1]):
        officer = (
            own
            if n == 0
            else set_up.enrol_role(
                Role.BEAT_OFFICER, station, by=COMMAND_LINE, username=f"beat_{beat.code}", hashed=own.password
            )
        )
        territory_verbs.name_beat_officer(beat, officer, by=COMMAND_LINE)


def forward(span: str) -> int:
    """Move the demonstration's day on and load what happened meanwhile."""
    match = re.fullmatch(r"(\d{1,3})([dh])", span)
    if not match or int(match[1]) == 0:
        raise Stop(_("%(span)s is not a span. Please write it as %(example)s"), span=span, example="7d, 12h")
    step = timedelta(days=int(match[1])) if match[2] == "d" else timedelta(hours=int(match[1]))
    if not done("incidents"):
        raise Stop(_("There is no demonstration here yet. Run: %(command)s"), command="./kalantar demo --city chicago")
    insist_ready()
    if installation.current().kind != "demo":
        raise Stop("clock_is_real")
    if clock.now() + step > ENDS:
        raise Stop(
            _("The records of the demonstration end on %(day)s. Nothing was changed. Please choose a shorter span."),
            day=f"{ENDS - timedelta(days=1):%Y-%m-%d}",
        )
    kernel_verbs.move_clock(step, by=COMMAND_LINE)
    for name in FILES:
        bring(name, loaded_until(name), clock.now(), say=lambda text: print(f"kalantar: {text}", file=sys.stderr))
    made = make_findings()
    audit.stamp()
    now = clock.local(clock.now())
    print(
        put(
            _("It is now %(at)s; %(n)s findings wait in the morning page."),
            at=f"{now:%Y-%m-%d %H:%M}",
            n=sum(made.values()),
        )
    )
    return 0


def serve(options, started: float) -> int:
    """Web server and worker until Ctrl-C; both end together."""
    serving.gate()
    connection.close()
    env = serving.environment()
    children = [
        subprocess.Popen(serving.server_command("127.0.0.1", options.port, 1), env=env),
        subprocess.Popen([sys.executable, "-P", "-m", "kalantar", "worker"], env=env),
    ]

    def end(*_):
        for child in children:
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)

    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, end)
    address = f"http://127.0.0.1:{options.port}/"
    try:
        if not answers(options.port, children[0]):
            raise Stop(_("The web server did not start; what it said stands above."))
        print(
            f"\n  {address}    ({time.monotonic() - started:.1f} s)\n\n  Sign-in names: {', '.join(set_up.DEMO_NAMES)}"
            f"\n  Password:      {set_up.DEMO_PASSWORD}    (a demonstration's only)\n\n  Ctrl-C ends it.",
            flush=True,
        )
        if not options.no_browser and (os.environ.get("DISPLAY") or sys.platform == "darwin"):
            webbrowser.open(address)
        return abs(children[0].wait())
    finally:
        end()
        for child in children:
            try:
                child.wait(timeout=10)
            except subprocess.TimeoutExpired:
                child.kill()


def answers(port: int, server: subprocess.Popen) -> bool:
    for _try in range(300):
        if server.poll() is not None:
            return False
        try:
            link = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            link.request("GET", "/healthz")
            return link.getresponse().status == 200
        except OSError:
            time.sleep(0.1)
    return False
