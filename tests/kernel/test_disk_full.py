"""No room left: nothing is acknowledged that is not kept, nothing is half there, and it heals when room returns.

A child runs under a limit on how large its files may grow; the kernel of the system then refuses the write, as a full
disk does. Where the limit hits SQLite answers with its own words for a full disk or a failed write.
"""

import json
import os
import subprocess
import sys

import pytest
from tests.harness.power_cut import ROOT

from kalantar.kernel import storage

pytestmark = pytest.mark.sqlite
CHILD = """
import json, resource, signal, sys
import django
django.setup()
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from datetime import timedelta
from django.core.management import call_command
from django.db import connection, DatabaseError
from kalantar.kernel import audit, backup, files, verbs
from kalantar.kernel.models import AuditLine, Installation, StoredFile
from kalantar.people.actors import COMMAND_LINE
from pathlib import Path
from django.conf import settings

def no_more_than(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

call_command("migrate", verbosity=0)
verbs.open_installation("test", by=COMMAND_LINE, name="x", name_en="x", time_zone="Asia/Tehran")
out = {}
"""
TEST = {
    "database": """
wal = Path(str(settings.DATABASES["default"]["NAME"]) + "-wal")
no_more_than(wal.stat().st_size + 40_000)
acknowledged = 0
try:
    for n in range(500):
        verbs.move_clock(timedelta(seconds=1), by=COMMAND_LINE)
        acknowledged += 1
except DatabaseError as fault:
    out["said"] = str(fault)
out["refused_at"] = acknowledged
connection.close()
no_more_than(resource.RLIM_INFINITY)
out["kept"] = Installation.objects.get().offset_s
for n in range(20):
    verbs.move_clock(timedelta(seconds=1), by=COMMAND_LINE)
out["healed"] = Installation.objects.get().offset_s
out["faults"] = len(audit.verify()[1])
""",
    "file": """
no_more_than(100_000)
try:
    files.put(bytes(200_000))
except OSError as fault:
    out["said"] = fault.strerror
no_more_than(resource.RLIM_INFINITY)
out["rows"] = StoredFile.objects.count()
out["left"] = [p.name for p in (Path(settings.DATA) / "files").rglob("*") if p.is_file()]
stored = files.put(bytes(200_000))
out["healed"] = files.open_(stored).read() == bytes(200_000)
""",
    "backup": """
for n in range(300):
    audit.tried("test.noted", "thing:1", by=COMMAND_LINE, text="x" * 900)
copy = Path(settings.DATA) / "copy.kalantar"
no_more_than(20_000)
try:
    backup.write(copy)
except OSError as fault:
    out["said"] = fault.strerror
no_more_than(resource.RLIM_INFINITY)
out["left"] = [p.name for p in Path(settings.DATA).iterdir() if "copy" in p.name or p.name == "backup.last"]
backup.write(copy)
out["healed"] = backup.check(copy)["tables"]["kernel.auditline"]["rows"] == 301
""",
}


@pytest.fixture
def under_a_limit(tmp_path):
    if sys.platform != "linux":
        pytest.skip("the limit on file sizes is tried on Linux only")

    def run(what: str) -> dict:
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT / "src"),
            "KALANTAR_PROFILE": "test",
            "KALANTAR_DATA": str(tmp_path / "data"),
            "DJANGO_SETTINGS_MODULE": "kalantar.project.settings",
        }
        environment.pop("KALANTAR_DATABASE_URL", None)
        (tmp_path / "data").mkdir()
        code = CHILD + TEST[what] + "\nprint(json.dumps(out))"
        done = subprocess.run(
            [sys.executable, "-P", "-c", code],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return json.loads(done.stdout.splitlines()[-1])

    return run


def test_a_full_database_acknowledges_only_what_it_keeps_and_heals(under_a_limit):
    found = under_a_limit("database")
    assert found["said"]
    assert 0 < found["refused_at"] < 500
    assert found["kept"] == found["refused_at"]
    assert found["healed"] == found["kept"] + 20
    assert found["faults"] == 0


def test_a_file_that_does_not_fit_leaves_neither_row_nor_piece(under_a_limit):
    found = under_a_limit("file")
    assert found["said"] == "File too large"
    assert (found["rows"], found["left"], found["healed"]) == (0, [], True)


def test_a_copy_that_does_not_fit_leaves_no_half_file_and_no_mark(under_a_limit):
    found = under_a_limit("backup")
    assert found["said"] == "File too large"
    assert (found["left"], found["healed"]) == ([], True)


def test_the_child_really_stood_on_the_product_s_settings():
    assert storage.sqlite_pragmas(storage.use_kept_sqlite())["synchronous"] in {"FULL", "EXTRA"}
