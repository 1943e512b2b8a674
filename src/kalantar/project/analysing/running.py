"""The verb: read, reckon, write. Files are written whole or not at all."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import shlex
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from kalantar import __version__
from kalantar.analysis import InputError
from kalantar.formats import FileRefused

from ..sentences import language, say
from ..sentences import marked as _
from ..stop import Stop
from . import asking, meanings, methods


@dataclass
class Answer:
    """A result with everything that led to it."""

    method: methods.Method
    result: Any
    call: str
    command: str
    files: list[dict]
    frame: str
    meaning: tuple[list[str], list[str]] = field(default=([], []))
    labels: tuple[str, ...] = ()  # names of the rows, where the result itself knows none

    def table(self):
        """The result's table, with the names of its rows before it."""
        columns = self.result.table()
        if "name" in columns or not columns or len(next(iter(columns.values()))) != len(self.labels):
            return columns
        return {"name": np.array(self.labels, dtype=object), **columns}

    def to_dict(self):
        return {
            "method": self.method.name,
            "version": __version__,
            "command": self.command,
            "call": self.call,
            "files": self.files,
            "coordinates": self.frame or None,
            "meaning": self.meaning[0],
            "does_not_mean": self.meaning[1],
            "result": self.result.to_dict(),
        }


def listed() -> int:
    """`kalantar analyse --list`."""
    for question, of in methods.by_question():
        print(say(question))
        for method in of:
            print(f"  {method.name:<20} {say(method.help)}")
    return 0


def run(name: str, rest: list[str]) -> int:
    method = methods.METHODS.get(name)
    if method is None:
        raise Stop(
            _("There is no method %(name)s. There are: %(names)s"), name=name, names=", ".join(sorted(methods.METHODS))
        )
    given = asking.parser_of(method).parse_args(rest)
    if given.language:
        os.environ["KALANTAR_LANGUAGE"] = given.language
    answer = answered(method, given, shlex.join(["kalantar", "analyse", name, *rest]))
    if given.html:
        from . import report

        _write(given.html, report.page(answer, say=say, language=language()))
    if given.csv:
        _write(given.csv, _as_csv(answer.table()))
    if given.json:
        print(json.dumps(answer.to_dict(), ensure_ascii=False))
    else:
        print("\n".join(answer.meaning[0]))
        print("\n".join(answer.meaning[1]))
        for path in (given.html, given.csv):
            if path:
                print(say(_("Written: %(path)s"), path=path))
    return 0


def answered(method, given, command) -> Answer:
    """Read the files and call the method."""
    asked = asking.Asked()
    work = methods.Work(given, asked)
    try:
        with _stage(_("Reading and reckoning")):
            result = method.run(work)
    except FileRefused as refused:
        raise Stop(_("The file was not taken: %(why)s"), why=str(refused)) from None
    except InputError as wrong:
        raise Stop(_("This cannot be reckoned: %(why)s"), why=str(wrong)) from None
    answer = Answer(
        method=method,
        result=result,
        call=asked.text,
        command=command,
        files=[rows.to_dict() for rows in work.opened],
        frame=work.frame.said if work.frame else "",
        labels=tuple(str(one) for one in work.labels),
    )
    answer.meaning = meanings.of(result)
    return answer


def _as_csv(columns) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return out.getvalue()


def _write(path, text):
    """The whole file or none: Ctrl-C and a full disk leave what was there before."""
    path = Path(path)
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.absolute().parent, prefix=f".{path.name}.", delete=False
    ) as out:
        try:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
            os.replace(out.name, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(out.name)
            raise


@contextlib.contextmanager
def _stage(text: str) -> Iterator[None]:
    """Time running on a terminal's last line. Ctrl-C ends at once: nothing has been written yet."""
    shown = sys.stderr.isatty()
    over = threading.Event()

    def tell():
        begun = time.monotonic()
        while not over.wait(0.5):
            print(f"\r{say(text)} … {time.monotonic() - begun:.0f} s", end="", file=sys.stderr, flush=True)

    ticker = threading.Thread(target=tell, daemon=True)
    in_main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGINT, signal.SIG_DFL) if in_main else None
    if shown:
        ticker.start()
    try:
        yield
    finally:
        over.set()
        if shown:
            ticker.join()
            print("\r" + " " * 60 + "\r", end="", file=sys.stderr, flush=True)
        if in_main:
            signal.signal(signal.SIGINT, before)
