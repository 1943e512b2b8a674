"""A process with limits, in which files of strangers are opened.

The child gets one task as JSON, answers with one Arrow stream on its standard output, and gives a refusal as
one marked line on its standard error. Nothing that it sends is ever executed or unpickled by the parent. It
inherits no environment: a parser taken over by a hostile file finds no key and no database address.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

import pyarrow as pa

from .errors import SENTENCES, FileRefused

MARK = "kalantar-refused:"
ROOMS = {"shapes": ".shapes_child", "layer": ".layers_child", "parquet": ".layers_child"}
SOURCE_ROOT = str(Path(__file__).resolve().parents[2])
START = "import sys; sys.path.insert(0, sys.argv[1]); from kalantar.formats.child import main; main(sys.argv[2])"


@contextlib.contextmanager
def answering(task: str, path, limits, **given):
    """Run ``task`` on ``path`` in a child. Gives its ``schema`` and, when iterated, pairs of record batch and metadata.

    Raises FileRefused with the child's own key, or too_heavy or not_readable when the child did not survive.
    """
    with tempfile.TemporaryDirectory(prefix="kalantar-file-") as workroom, tempfile.TemporaryFile() as complaints:
        order = {
            "task": task, "path": os.path.abspath(path), "workroom": workroom, "given": given, "limits": asdict(limits)
        }  # fmt: skip
        process = subprocess.Popen(
            [sys.executable, "-I", "-c", START, SOURCE_ROOT, json.dumps(order)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=complaints, cwd=workroom,
            env=_bare_environment(workroom), close_fds=True, start_new_session=True,
        )  # fmt: skip
        answer = _Answer(process, complaints, limits)
        try:
            answer.begin()
            yield answer
        finally:
            answer.close()


class _Answer:
    def __init__(self, process, complaints, limits):
        self._process, self._complaints, self._limits = process, complaints, limits
        self._late = False

    def begin(self):
        self._stream = self._waited_for(lambda: pa.ipc.open_stream(self._process.stdout))
        self.schema = self._stream.schema

    def __iter__(self):
        while (given := self._waited_for(self._next)) is not None:
            given.batch.validate(full=True)
            yield given.batch, given.custom_metadata or {}
        if self._waited_for(self._process.wait) != 0:
            raise self._reason()

    def close(self):
        if self._process.poll() is None:
            self._process.kill()
        self._process.stdout.close()
        self._process.wait()

    def _next(self):
        try:
            return self._stream.read_next_batch_with_custom_metadata()
        except StopIteration:
            return None

    def _waited_for(self, step):
        """Only the time spent waiting counts: the caller may take as long as it likes between two batches."""
        alarm = threading.Timer(self._limits.child_seconds, self._end_it)
        alarm.daemon = True
        alarm.start()
        try:
            return step()
        except (pa.ArrowException, OSError, EOFError) as broken:
            raise self._reason() from broken
        finally:
            alarm.cancel()

    def _end_it(self):
        self._late = True
        self._process.kill()

    def _reason(self) -> FileRefused:
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        end = self._complaints.seek(0, 2)
        self._complaints.seek(max(0, end - 65_536))
        for line in reversed(self._complaints.read().decode("utf-8", "replace").splitlines()):
            if line.startswith(MARK):
                with contextlib.suppress(ValueError, TypeError, KeyError):
                    told = json.loads(line[len(MARK) :])
                    SENTENCES[told["key"]] % told["details"]
                    return FileRefused(told["key"], **told["details"])
        if self._late or code in (-signal.SIGXCPU, -signal.SIGKILL, -signal.SIGABRT):
            return FileRefused("too_heavy")
        return FileRefused("not_readable")


def _bare_environment(workroom):
    kept = {name: os.environ[name] for name in ("PROJ_DATA", "GDAL_DATA", "LD_LIBRARY_PATH") if name in os.environ}
    return kept | {
        "PATH": os.defpath, "HOME": workroom, "TMPDIR": workroom, "LC_ALL": "C.UTF-8",
        "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2",
        "ARROW_DEFAULT_MEMORY_POOL": "system", "PROJ_NETWORK": "OFF",
        "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none", "GDAL_DRIVER_PATH": "disable",
        "GDAL_PYTHON_DRIVER_PATH": "disable", "OGR_GEOJSON_MAX_OBJ_SIZE": "200",
    }  # fmt: skip


def main(text: str):
    """The child's own beginning."""
    import resource

    order = json.loads(text)
    from .limits import Limits

    limits = Limits(**order["limits"])
    for what, most in (
        (resource.RLIMIT_AS, limits.child_memory_bytes),
        (resource.RLIMIT_CPU, limits.child_seconds),
        (resource.RLIMIT_FSIZE, limits.unpacked_bytes),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        ceiling = resource.getrlimit(what)[1]
        most = most if ceiling == resource.RLIM_INFINITY else min(most, ceiling)
        resource.setrlimit(what, (most, most))
    try:
        room = import_module(ROOMS.get(order["task"], ".sheets_child"), __package__)
        with os.fdopen(os.dup(1), "wb") as out:
            room.answer(order["task"], order["path"], order["workroom"], limits, out, **order["given"])
    except FileRefused as refused:
        _complain(refused.key, refused.details)
    except (MemoryError, pa.ArrowMemoryError):
        _complain("too_heavy", {})
    except BrokenPipeError:
        os._exit(1)
    except Exception:  # whatever a parser throws at a file made to break it
        _complain("not_readable", {})


def _complain(key, details):
    sys.stderr.write("\n" + MARK + json.dumps({"key": key, "details": details}) + "\n")
    sys.stderr.flush()
    os._exit(1)
