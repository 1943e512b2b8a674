"""`kalantar bench`: speed and memory, as ratios measured in one run.

Every case is a process of its own; peer and product take turns, and the median of the rounds counts. One JSON line a
case: job, who, n, seconds (each round), median, rows_per_s, peak_mb, cpu_s, ratio (peer ÷ ours), goal, met. How to
read the figures, and the last table: docs/benchmarks.md.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import bench_analysis, bench_city, bench_pages
from .cli import home
from .sentences import marked as _
from .stop import Stop

SMALL, LARGE = 200_000, 2_000_000
GOALS: dict[str, dict[str, float]] = {
    "import": {"rows_per_s_min": 25_000, "command_rows_per_s_min": 25_000, "peak_mb_max": 600, "ratio_min": 3},
    "import2m": {"rows_per_s_min": 12_000, "peak_mb_max": 1_000, "desk_p95_s_max": 2, "desk_refused_max": 0},
    "pages": {"statements_max": 12, "p95_ms_max": 100, "growth_max": 1.3},
    "weights": {
        "sign_in_first_kb_max": 25,
        "font_kb_max": 32,
        "staff_page_kb_max": 120,
        "map_page_kb_max": 600,
        "again_kb_max": 30,
    },
    "analysis": {},
    "growth": {},
    "start": {"server_s_max": 10, "demo_again_s_max": 10, "demo_first_s_max": 45},
}
JOBS = tuple(GOALS)
PEER = "pandas + geopandas.sjoin + bulk_create"


def run(options) -> int:
    """Exit 0 when every goal is met, 1 when one is missed; the lines say which."""
    jobs = [name for name in options.jobs.split(",") if name] or list(JOBS)
    unknown = sorted(set(jobs) - set(JOBS))
    if unknown:
        raise Stop(
            _("There is no benchmark %(name)s. Please choose from: %(names)s"),
            name=", ".join(unknown),
            names=", ".join(JOBS),
        )
    if options.rounds < 1 or not 0 < options.scale <= 1:
        raise Stop(_("%(option)s must be above zero."), option="--rounds, --scale")
    missed = 0
    with Bench(options) as bench:
        for name in jobs:
            for line in getattr(bench, f"job_{name}")():
                print(json.dumps(line, ensure_ascii=False), flush=True)
                if options.out:
                    with options.out.open("a", encoding="utf-8") as out:
                        out.write(json.dumps(line, ensure_ascii=False) + "\n")
                missed += not line["met"]
    return 1 if missed else 0


def judged(job: str, figures: dict[str, Any], **line: Any) -> dict[str, Any]:
    """A line with its goals and whether each is met; figures without a goal are only told."""
    goal = {}
    missed = []
    for name, bound in GOALS[job].items():
        figure, _, side = name.rpartition("_")
        if figures.get(figure) is None:
            continue
        goal[name] = bound
        if figures[figure] < bound if side == "min" else figures[figure] > bound:
            missed.append(figure)
    rounded = {name: round(v, 3) if isinstance(v, float) else v for name, v in figures.items()}
    return {"job": job, **line, **rounded, "goal": goal, "met": not missed, "missed": missed}


class Bench:
    """The folder of one run and the cases that work in it."""

    def __init__(self, options):
        self.rounds, self.scale = options.rounds, options.scale
        self.only = [name for name in options.cases.split(",") if name]
        self.postgres = options.postgres or os.environ.get("KALANTAR_BENCH_POSTGRES", "")
        self.kept = options.data or home() / "bench"
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("KALANTAR_")}
        self.environment |= {"KALANTAR_LANGUAGE": "en", "PYTHONPATH": str(Path(__file__).resolve().parents[2])}

    def __enter__(self) -> Bench:
        self.folder = Path(tempfile.mkdtemp(prefix="kalantar-bench-"))
        return self

    def __exit__(self, *_) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    # -- cases --

    def child(self, module: str, *arguments: object, **environment: str) -> dict[str, Any]:
        """Run a module of the benchmark in a process of its own; its last line is its result."""
        done = subprocess.run(
            self._command(module, *arguments),
            env=self.environment | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Stop(_("The case %(name)s failed: %(what)s"), name=module, what=done.stderr.strip()[-2000:])
        return json.loads(done.stdout.splitlines()[-1])

    @staticmethod
    def _command(module: str, *arguments: object) -> list[str]:
        return [sys.executable, "-P", "-m", f"kalantar.project.{module}", *map(str, arguments)]

    @contextlib.contextmanager
    def city(self) -> Iterator[Path]:
        """A fresh copy of the empty city, swept away afterwards."""
        ground = self.folder / "ground"
        if not ground.exists():
            self.child("bench_city", "ground", ground)
        copy = Path(tempfile.mkdtemp(dir=self.folder)) / "city"
        for end in ("", ".keys"):
            shutil.copytree(f"{ground}{end}", f"{copy}{end}")
        try:
            yield copy
        finally:
            shutil.rmtree(copy.parent, ignore_errors=True)

    def rows(self, n: int) -> int:
        return max(200, round(n * self.scale))

    def stored(self, rows: int, url: str = "") -> Path:
        """A loaded city, kept between runs until the tables or the loader change."""
        kind = "postgres" if url else "sqlite"
        state = _digest_of_the_code()
        folder = self.kept / f"{kind}-{rows}"
        mark = folder / "bench.state"
        if mark.exists() and mark.read_text() == state and not url:
            return folder
        for end in ("", ".keys"):
            shutil.rmtree(f"{folder}{end}", ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        told(f"loading a city of {rows:,} events ({kind}) ...")
        self.child("bench_city", "load", folder, rows, **({"KALANTAR_DATABASE_URL": url} if url else {}))
        mark.write_text(state)
        return folder

    # -- jobs --

    def job_import(self) -> Iterator[dict]:
        """The real rows through the door, and the same rows by pandas, geopandas and bulk_create."""
        n = self.rows(bench_city.ROWS)
        ours, peers, typed = [], [], []
        for turn in range(self.rounds):
            for who in ("kalantar", "command", "peer") if turn % 2 == 0 else ("peer", "command", "kalantar"):
                with self.city() as city:
                    if who == "command":
                        typed.append(self._typed(city, n))
                    elif who == "peer":
                        peers.append(self.child("bench_peer", city, n))
                    else:
                        ours.append(self.child("bench_import", "load", city, n))
        ratio = statistics.median(p["seconds"] / o["seconds"] for p, o in zip(peers, ours, strict=True))
        cpu = statistics.median(p["cpu_s"] / o["cpu_s"] for p, o in zip(peers, ours, strict=True))
        whole = statistics.median(typed)
        command = {"command_seconds": _rounded(typed), "command_rows_per_s": n / whole}
        figures = {**_figures(ours, n), **command, "ratio": ratio, "cpu_ratio": cpu}
        yield judged("import", figures, who="kalantar", n=n)
        yield {**judged("import", _figures(peers, n), who=PEER, n=n), "goal": {}, "met": True, "missed": []}

    def _typed(self, city: Path, n: int) -> float:
        """Seconds of the command as a person types it, with the start of Python and Django."""
        files = bench_city.make_files(city, n)
        maps = [part for path in files for part in ("--map", bench_city.SOURCE / f"{path.stem}.map.toml")]
        command = self._command("bench_import", "command", "import", "incidents", *files, *maps, "--data", city)
        began = time.perf_counter()
        done = subprocess.run(
            command, env=self.environment | {"KALANTAR_PROFILE": "demo"}, capture_output=True, text=True, check=False
        )
        took = time.perf_counter() - began
        if done.returncode:
            raise Stop(_("The case %(name)s failed: %(what)s"), name="import", what=done.stderr.strip()[-2000:])
        return took

    def job_import2m(self) -> Iterator[dict]:
        """Two million rows, and a desk that records an event every 0.2 s meanwhile."""
        n = self.rows(LARGE)
        rounds, desks = [], []
        for _turn in range(1 if self.scale == 1 else self.rounds):
            with self.city() as city:
                command = self._command("bench_import", "desk", city, 0.2)
                desk = subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, text=True)
                try:
                    while not (city / "desk.ready").exists() and desk.poll() is None:
                        time.sleep(0.05)
                    rounds.append(self.child("bench_import", "load", city, n))
                finally:
                    (city / "stop").touch()
                    said = desk.communicate(timeout=60)[0]
                desks.append(json.loads(said.splitlines()[-1]))
        waits = sorted(wait for said in desks for wait in said["waits"])
        beside = {
            "desk_writes": len(waits),
            "desk_refused": sum(said["refused"] for said in desks),
            "desk_p50_s": bench_pages.rank(waits, 50),
            "desk_p95_s": bench_pages.rank(waits, 95),
            "desk_max_s": waits[-1],
        }
        yield judged("import2m", {**_figures(rounds, n), **beside}, who="kalantar", n=n)

    def job_pages(self) -> Iterator[dict]:
        """Morning, area, list, incident: a small and a large city asked in turn, two visitors each."""
        yield from self._pages("sqlite", dict.fromkeys((self.rows(SMALL), self.rows(LARGE)), ""))
        if not self.postgres:
            told("no PostgreSQL was named (--postgres URL or KALANTAR_BENCH_POSTGRES); its pages were not measured.")
            return
        with self._databases(self.rows(SMALL), self.rows(LARGE)) as urls:
            yield from self._pages("postgres", urls)

    def _pages(self, kind: str, urls: dict[int, str]) -> Iterator[dict]:
        small, large = sorted(urls)
        cities = {n: self.stored(n, urls[n]) for n in (small, large)}
        database = {n: {"KALANTAR_DATABASE_URL": urls[n]} if urls[n] else {} for n in cities}
        pages = {n: self.child("bench_pages", "look", city, **database[n])["pages"] for n, city in cities.items()}
        with contextlib.ExitStack() as stack:
            servers = {n: stack.enter_context(bench_pages.Server(city, urls[n])) for n, city in cities.items()}
            visitors = {(n, who): [bench_pages.Visitor(servers[n].port).sign_in(who) for _ in range(2)]
                        for n in cities for who in (bench_pages.CHIEF, bench_pages.COMMANDER)}  # fmt: skip
            for ours, theirs in zip(pages[small], pages[large], strict=True):
                yield self._page(kind, {small: ours, large: theirs}, servers, visitors)
            peak = servers[large].peak_mb()
        yield judged("pages", {"peak_mb": peak}, who="kalantar", database=kind, n=large, page="memory of the server")

    def _page(self, kind: str, page: dict[int, dict], servers, visitors) -> dict:
        small, large = sorted(page)
        took: dict[int, list[list[float]]] = {n: [] for n in page}
        cpu: dict[int, list[float]] = {n: [] for n in page}
        for turn in range(self.rounds + 1):  # the first warms up
            for n in (small, large) if turn % 2 else (large, small):
                before = servers[n].cpu_s()
                ms = bench_pages.asked(visitors[n, page[n]["who"]], page[n]["path"], 40 if turn else 6, 5)
                if turn:
                    took[n].append(ms)
                    cpu[n].append((servers[n].cpu_s() - before) * 1000 / len(ms))
        middle = {n: statistics.median(bench_pages.rank(ms, 50) for ms in took[n]) for n in page}
        figures = {
            "p50_ms": middle[large],
            "p95_ms": statistics.median(bench_pages.rank(ms, 95) for ms in took[large]),
            "small_p50_ms": middle[small],
            "small_p95_ms": statistics.median(bench_pages.rank(ms, 95) for ms in took[small]),
            "cpu_ms": statistics.median(cpu[large]),
            "small_cpu_ms": statistics.median(cpu[small]),
            "growth": middle[large] / middle[small],
            "cpu_growth": statistics.median(cpu[large]) / statistics.median(cpu[small]),
            "statements": max(page[n]["statements"] for n in page),
        }
        return judged("pages", figures, who="kalantar", database=kind, page=page[large]["name"], n=large, small_n=small)

    @contextlib.contextmanager
    def _databases(self, *sizes: int) -> Iterator[dict[int, str]]:
        """A database for each size on the named server, dropped afterwards."""
        import psycopg

        parts = urllib.parse.urlsplit(self.postgres)
        names = {n: f"kalantar_bench_{n}" for n in sizes}
        with psycopg.connect(self.postgres, autocommit=True) as link:
            try:
                for name in names.values():
                    link.execute(f'DROP DATABASE IF EXISTS "{name}"')
                    link.execute(f'CREATE DATABASE "{name}"')
                yield {n: parts._replace(path=f"/{name}").geturl() for n, name in names.items()}
            finally:
                for name in names.values():
                    link.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def job_weights(self) -> Iterator[dict]:
        """What a browser fetches, compressed: sign-in, staff pages, the map page, a second visit."""
        city = self.stored(self.rows(SMALL))
        pages = [p for p in self.child("bench_pages", "look", city)["pages"] if p["who"] == bench_pages.CHIEF]
        with bench_pages.Server(city) as server:
            stranger = bench_pages.weigh(bench_pages.Visitor(server.port), "/people/sign-in/")
            figures = {
                "sign_in_first_kb": (stranger.html + stranger.css) / 1000,
                "font_kb": stranger.fonts / 1000,
                "again_kb": stranger.again / 1000,
            }
            yield judged("weights", {**figures, **_weights(stranger)}, who="kalantar", page="sign_in", n=1)
            chief = bench_pages.Visitor(server.port).sign_in(bench_pages.CHIEF)
            for page in pages:
                weight = bench_pages.weigh(chief, page["path"])
                name = "map_page_kb" if page["name"] in {"map", "area"} else "staff_page_kb"
                figures = {name: weight.whole / 1000, "again_kb": weight.again / 1000, **_weights(weight)}
                yield judged("weights", figures, who="kalantar", page=page["name"], n=1)

    def job_analysis(self) -> Iterator[dict]:
        """Each method beside its peer, on one core (and on two where a second one should help)."""
        for name in self.only or bench_analysis.CASES:
            line = self.child("bench_analysis", name, self.rounds)
            rounded = {key: round(v, 5) if isinstance(v, float) else v for key, v in line.items()}
            yield {"job": "analysis", **rounded, "missed": [] if line["met"] else [name]}

    def job_growth(self) -> Iterator[dict]:
        """Seconds and memory of each method from a thousand to ten million events, with the exponent between sizes."""
        for name in self.only or bench_analysis.QUESTIONS:
            before = None
            for n in bench_analysis.SIZES:
                if self.rows(n) != n or n > bench_analysis.MOST.get(name, n):
                    continue
                line = self.child("bench_analysis", name, n, 1 if n >= 1_000_000 else min(self.rounds, 3))
                if before:
                    grew = math.log(line["seconds"] / before["seconds"]) / math.log(n / before["n"])
                    line["exponent"] = grew
                before = line
                rounded = {key: round(v, 5) if isinstance(v, float) else v for key, v in line.items()}
                yield {"job": "growth", "who": "kalantar", **rounded, "met": True, "missed": []}

    def job_start(self) -> Iterator[dict]:
        """From the command to the first answer: the web server, a demonstration again, a demonstration's first time."""
        city = self.stored(self.rows(SMALL))
        starts = []
        for _turn in range(self.rounds):
            with bench_pages.Server(city) as server:
                starts.append(server.started_s)
        yield _start("server", "server_s", starts)
        demo = self.folder / "demo"
        yield _start("demo, first time", "demo_first_s", [self._demo(demo)])
        yield _start("demo, again", "demo_again_s", [self._demo(demo) for _turn in range(self.rounds)])

    def _demo(self, data: Path) -> float:
        port = bench_pages.free_port()
        command = [
            sys.executable,
            "-P",
            "-m",
            "kalantar",
            "demo",
            "--no-browser",
            "--port",
            str(port),
            "--data",
            str(data),
        ]
        began = time.perf_counter()
        process = subprocess.Popen(command, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            if not bench_pages.answers(port, process, patience_s=600):
                raise Stop(_("The demonstration did not start."))
            return time.perf_counter() - began
        finally:
            process.terminate()
            process.wait(30)


def _figures(rounds: list[dict], n: int) -> dict[str, Any]:
    seconds = [r["seconds"] for r in rounds]
    median = statistics.median(seconds)
    return {
        "seconds": _rounded(seconds),
        "median": median,
        "rows_per_s": n / median,
        "cpu_s": statistics.median(r["cpu_s"] for r in rounds),
        "rows_per_cpu_s": n / statistics.median(r["cpu_s"] for r in rounds),
        "peak_mb": max(r["peak_mb"] for r in rounds),
        "accepted": rounds[-1]["accepted"],
        "outside": rounds[-1]["outside"],
    }


def _start(case: str, name: str, seconds: list[float]) -> dict[str, Any]:
    return judged(
        "start", {name: statistics.median(seconds), "seconds": _rounded(seconds)}, who="kalantar", case=case, n=1
    )


def told(text: str) -> None:
    """What goes on, for whoever waits; the results alone go to stdout."""
    print(f"kalantar: {text}", file=sys.stderr, flush=True)


def _weights(weight: bench_pages.Weight) -> dict[str, float]:
    parts = ("html", "css", "scripts", "fonts", "others")
    return {f"{name}_kb": getattr(weight, name) / 1000 for name in parts}


def _rounded(values: list[float]) -> list[float]:
    return [round(value, 3) for value in values]


def _digest_of_the_code() -> str:
    """Changes with the tables and with what makes the city."""
    package = Path(__file__).resolve().parents[1]
    files = [*sorted(package.glob("*/migrations/0*.py")), Path(bench_city.__file__)]
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
