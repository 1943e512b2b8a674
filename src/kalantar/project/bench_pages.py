"""The pages of a large city, asked of a real server: how long, how heavy, and at what cost in SQL.

python -m kalantar.project.bench_pages look DATA      addresses to ask and the statements each costs
"""

from __future__ import annotations

import gzip
import http.client
import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from . import bench_city

PASSWORD = "kalantar-demo"  # noqa: S105 - the published one of every demonstration
CHIEF, COMMANDER = "station_chief", "province_commander"
MEETS = 5  # requests over one connection
BOOKKEEPING = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
LINKED = re.compile(rb'<(?:script|img)[^>]*? src="([^"]+)"|<link[^>]*? href="([^"]+)"|<use[^>]*? href="([^"#]+)')
NAMED = re.compile(r'url\(["\']?([^"\')]+)')


# ---- inside the installation: a child with Django ----


def look(data: Path) -> dict:
    """Every address that is asked, who asks it, and its statements when warm."""
    from .cli import wake

    wake("demo", data)
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    found = []
    for who, pages in ((CHIEF, _of_a_station()), (COMMANDER, _of_a_province())):
        client = Client(SERVER_NAME="localhost")
        client.post("/people/sign-in/", {"username": who, "password": PASSWORD})
        for name, path in pages.items():
            client.get(path)
            with CaptureQueriesContext(connection) as captured:
                answer = client.get(path)
            if answer.status_code != 200:
                raise SystemExit(f"{who}: {path} answered {answer.status_code}")
            said = [q["sql"] for q in captured.captured_queries]
            n = sum(not sql.lstrip().upper().startswith(BOOKKEEPING) for sql in said)
            found.append({"name": name, "who": who, "path": path, "statements": n})
    return {"pages": found, "vendor": connection.vendor}


def _of_a_station() -> dict[str, str]:
    from django.urls import reverse

    from kalantar.incidents.models import Incident
    from kalantar.people.models import Station
    from kalantar.territory.models import Beat

    from .demo import STATION

    station = Station.objects.get(code=STATION)
    beat = Beat.objects.in_force().filter(station=station).order_by("code").first()
    rows = Incident.objects.live().filter(station=station).order_by("-occurred_from", "-id")
    middle = rows[rows.count() // 2]
    lists = reverse("incidents:list")
    place = f"{int(middle.occurred_from.timestamp() * 1_000_000)}.{middle.pk}"
    return {
        "morning": reverse("overview:morning"),
        "area": reverse("overview:area", args=[STATION]),
        "list": f"{lists}?period=90d",  # the default of 30 days does not fill a page of the small city
        "list_type": f"{lists}?type=T-BREAK&period=all",
        "list_beat": f"{lists}?beat={beat.pk}&period=all",
        "list_night": f"{lists}?part=night&period=all",
        "list_place": f"{lists}?place=street&period=all",
        "list_all": f"{lists}?period=all",
        "list_middle": f"{lists}?period=all&older={place}",
        "incident": reverse("incidents:incident", args=[rows.drawable()[100 if rows.count() > 200 else 0].uid]),
        "map": reverse("incidents:map"),
    }


def _of_a_province() -> dict[str, str]:
    from django.urls import reverse

    lists = reverse("incidents:list")
    return {
        "province_morning": reverse("overview:morning"),
        "province_list": lists,
        "province_list_all": f"{lists}?period=all",
    }


# ---- outside: a server and its visitors, without Django ----


@dataclass
class Server:
    """The product's own server command on a free port of loopback."""

    data: Path
    url: str = ""
    port: int = 0
    started_s: float = 0.0
    process: subprocess.Popen = field(init=False)

    def __enter__(self) -> Server:
        environment = {**os.environ, "KALANTAR_PROFILE": "demo", "KALANTAR_DATA": str(self.data)}
        environment["DJANGO_SETTINGS_MODULE"] = "kalantar.project.settings"
        if self.url:
            environment["KALANTAR_DATABASE_URL"] = self.url
        self.port = free_port()
        began = time.perf_counter()
        command = [sys.executable, "-P", "-m", "kalantar", "serve", "--workers", "2"]
        command += ["--port", str(self.port), "--data", str(self.data)]
        self.process = subprocess.Popen(command, env=environment)
        if not answers(self.port, self.process):
            raise RuntimeError("the web server did not start")
        self.started_s = time.perf_counter() - began
        return self

    def __exit__(self, *_):
        for pid in reversed(tree(self.process.pid)):
            if pid != os.getpid():
                os.kill(pid, 15)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def cpu_s(self) -> float:
        """CPU time of the server and its workers."""
        return sum(_cpu_of(pid) for pid in tree(self.process.pid))

    def peak_mb(self) -> float:
        return max(_status(pid).get("VmHWM", 0) for pid in tree(self.process.pid)) / 1024


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port: int, process: subprocess.Popen, patience_s: float = 120) -> bool:
    """Wait until `/healthz` says 200."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end and process.poll() is None:
        try:
            link = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            link.request("GET", "/healthz")
            if link.getresponse().status == 200:
                return True
        except OSError:
            time.sleep(0.02)
    return False


def tree(root: int) -> list[int]:
    """A process and its living descendants (Linux)."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError, ValueError):
            continue
        children.setdefault(parent, []).append(int(entry.name))
    found, wanted = [], [root]
    while wanted:
        pid = wanted.pop()
        found.append(pid)
        wanted += children.get(pid, [])
    return found


def _cpu_of(pid: int) -> float:
    try:
        parts = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return sum(int(n) for n in parts[11:15]) / os.sysconf("SC_CLK_TCK")


def _status(pid: int) -> dict[str, int]:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    return {line.split(":")[0]: int(line.split()[1]) for line in lines if line.startswith("Vm")}


@dataclass
class Visitor:
    """One person at a browser: a connection kept open, a signed-in session."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    link: http.client.HTTPConnection | None = None

    def get(self, path: str, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
        return self._ask("GET", path, None, headers)

    def _ask(self, method, path, body, headers) -> tuple[http.client.HTTPResponse, bytes]:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {**headers, "Cookie": cookie} if cookie else headers
        try:
            answer = self._sent(method, path, body, headers)
        except (http.client.RemoteDisconnected, ConnectionError):
            self.link = None  # a kept-alive connection that the server closed meanwhile: once anew, as a browser does
            answer = self._sent(method, path, body, headers)
        content = answer.read()
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = line.split(";")[0].partition("=")
            self.cookies[name] = value
        return answer, content

    def leave(self) -> None:
        """Close the connection; the next request opens another, perhaps to another worker."""
        if self.link is not None:
            self.link.close()
            self.link = None

    def _sent(self, method, path, body, headers) -> http.client.HTTPResponse:
        if self.link is None:
            self.link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            self.link.connect()
            self.link.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.link.request(method, path, body, headers)
        return self.link.getresponse()

    def sign_in(self, username: str) -> Visitor:
        _, page = self.get("/people/sign-in/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.decode())
        if token is None:
            raise RuntimeError("the page for signing in has no form")
        form = {"username": username, "password": PASSWORD, "csrfmiddlewaretoken": token[1]}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Referer": f"http://127.0.0.1:{self.port}/"}
        answer, _ = self._ask("POST", "/people/sign-in/", urllib.parse.urlencode(form), headers)
        if answer.status != 302:
            raise RuntimeError(f"{username} could not sign in: {answer.status}")
        return self


def asked(visitors: Iterable[Visitor], path: str, requests: int, limit_s: float) -> list[float]:
    """Milliseconds of each answer; every visitor asks again as soon as an answer is there."""
    left, end = iter(range(requests)), time.monotonic() + limit_s
    lock = threading.Lock()

    def visit(visitor: Visitor) -> list[float]:
        took: list[float] = []
        while time.monotonic() < end:
            with lock:
                if next(left, None) is None:
                    break
            if len(took) % MEETS == MEETS - 1:
                visitor.leave()
            began = time.perf_counter()
            answer, _ = visitor.get(path, **{"Accept-Encoding": "gzip"})
            took.append((time.perf_counter() - began) * 1000)
            if answer.status != 200:
                raise RuntimeError(f"{path} answered {answer.status}")
        return took

    people = list(visitors)
    for visitor in people:
        visitor.leave()  # which worker a connection meets is chance, so no two visitors stay together for a whole run
    with ThreadPoolExecutor(len(people)) as pool:  # a fault of one visitor is the fault of the case
        return sorted(ms for took in pool.map(visit, people) for ms in took)


def rank(ordered: list[float], percent: float) -> float:
    """Nearest-rank percentile."""
    return ordered[max(0, -(-int(percent * len(ordered)) // 100) - 1)]


# ---- weights ----


@dataclass
class Weight:
    """What a browser fetches for one page, in compressed bytes."""

    html: int
    css: int
    scripts: int
    fonts: int
    others: int
    again: int  # what is fetched on a second visit

    @property
    def whole(self) -> int:
        return self.html + self.css + self.scripts + self.fonts + self.others


def weigh(visitor: Visitor, path: str) -> Weight:
    """Read a page and all it names, as a browser would: scripts, styles, and what the styles name."""
    answer, page = visitor.get(path, **{"Accept-Encoding": "gzip, br"})
    again = len(page)
    html = gzip.decompress(page) if answer.headers.get("Content-Encoding") == "gzip" else page
    if answer.headers.get("Content-Encoding") == "br":
        raise RuntimeError("pages are expected as gzip or plain")
    wanted = {(a or b or c).decode().split("#")[0] for a, b, c in LINKED.findall(html)}
    sizes = {"css": 0, "scripts": 0, "fonts": 0, "others": 0}
    seen: set[str] = set()
    while wanted:
        address = wanted.pop()
        if address in seen or address.startswith("data:"):
            continue
        seen.add(address)
        answer, content = visitor.get(address, **{"Accept-Encoding": "gzip, br"})
        if answer.status != 200:
            raise RuntimeError(f"{address} answered {answer.status}")
        kind = _kind(address)
        sizes[kind] += len(content)
        if "immutable" not in answer.headers.get("Cache-Control", ""):
            again += len(content)
        if kind == "css":
            _, plain = visitor.get(address, **{"Accept-Encoding": "identity"})
            wanted |= {urllib.parse.urljoin(address, name) for name in NAMED.findall(plain.decode())}
    return Weight(html=len(page), again=again, **sizes)


def _kind(address: str) -> str:
    ends: dict[str, Callable[[str], bool]] = {
        "css": lambda a: a.endswith(".css"),
        "scripts": lambda a: a.endswith((".js", ".mjs")),
        "fonts": lambda a: a.endswith((".woff2", ".woff")),
    }
    return next((kind for kind, fits in ends.items() if fits(address.split("?")[0])), "others")


if __name__ == "__main__":
    bench_city.told(look(Path(sys.argv[2])))
