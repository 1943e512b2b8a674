"""Where facts are kept, and the gate that refuses unsafe storage. No Django here: settings ask it before Django loads."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

# The WAL-reset race can corrupt a database with two or more connections: present from 3.7.0, cured in these.
# Source: sqlite.org/wal.html#walresetbug; SAFETY.md part 1, finding 3.
CURED = (3, 51, 3)
CURED_BACKPORTS = {(3, 50, 7), (3, 44, 6)}
WITHDRAWN = {(3, 52, 0)}
NETWORK_DISKS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "sshfs", "fuse.sshfs", "9p", "glusterfs", "ceph"}


class StorageRefused(Exception):
    """The storage would lose or damage acknowledged facts; `key` names why."""

    def __init__(self, key: str, **args):
        super().__init__(key, args)
        self.key, self.args_ = key, args


def use_kept_sqlite() -> tuple[int, ...]:
    """Put the SQLite that we ship in front of the system's, and tell its version."""
    if "pysqlite3" not in sys.modules or sys.modules.get("sqlite3") is not sys.modules["pysqlite3"]:
        try:
            import pysqlite3
            import pysqlite3.dbapi2
        except ImportError:
            pass
        else:
            sys.modules["sqlite3"] = pysqlite3
            sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2
    import sqlite3

    return sqlite3.sqlite_version_info


def wal_is_safe(version: tuple[int, ...]) -> bool:
    """May this SQLite run WAL with several connections?"""
    version = tuple(version[:3])
    return version not in WITHDRAWN and (version >= CURED or version in CURED_BACKPORTS)


def sqlite_pragmas(version: tuple[int, ...]) -> dict[str, str]:
    """The settings under which an acknowledged row survives a power cut (WAL+FULL lost 0 of 200, WAL+NORMAL 200 of 200)."""
    safe = wal_is_safe(version)
    return {
        "journal_mode": "WAL" if safe else "DELETE",
        "synchronous": "FULL" if safe else "EXTRA",
        "foreign_keys": "ON",
        "secure_delete": "ON",
        "temp_store": "MEMORY",
        "cache_size": "-32000",
    }


def sqlite_database(path: Path | str) -> dict:
    """Django's settings for one SQLite file."""
    pragmas = sqlite_pragmas(use_kept_sqlite())
    return {
        "ENGINE": "kalantar.kernel.sqlite3",
        "NAME": str(path),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": " ".join(f"PRAGMA {name}={value};" for name, value in pragmas.items()),
        },
    }


def postgres_database(url: str) -> dict:
    """Django's settings for a `postgres://user:password@host:port/name` address; a folder as host is a socket."""
    parts = urlsplit(url)
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", unquote(parts.hostname or "")),
        "PORT": str(parts.port or query.pop("port", "")),
        "CONN_MAX_AGE": 300,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": query,
    }


def database(url: str | None, data: Path) -> dict:
    """The one database of an installation."""
    if not url:
        return sqlite_database(data / "kalantar.sqlite3")
    if url.startswith(("postgres://", "postgresql://")):
        return postgres_database(url)
    if url.startswith("sqlite:///"):
        return sqlite_database(url.removeprefix("sqlite:///"))
    raise StorageRefused("database_url_unknown", scheme=urlsplit(url).scheme)


@dataclass(frozen=True)
class Finding:
    """One thing the gate looked at."""

    name: str
    value: str
    good: bool
    cure: str = ""


def disk_kind(path: Path) -> str:
    """The file system under a path, as Linux names it; "unknown" elsewhere."""
    try:
        mounts = [line.split()[:3] for line in Path("/proc/mounts").read_text().splitlines()]
    except OSError:
        return "unknown"
    real = path.resolve()
    holders = [(len(where), kind) for _, where, kind in mounts if real == Path(where) or Path(where) in real.parents]
    return max(holders, default=(0, "unknown"))[1]


def inspect(connection, data: Path) -> list[Finding]:
    """What the start-up gate and `doctor` see of a live connection. Every bad finding refuses a real installation."""
    if connection.vendor == "sqlite":
        return _inspect_sqlite(connection, data)
    return _inspect_postgres(connection)


def _inspect_sqlite(connection, data: Path) -> list[Finding]:
    import sqlite3

    found = []
    version = sqlite3.sqlite_version_info
    with connection.cursor() as cursor:

        def pragma(name):
            cursor.execute(f"PRAGMA {name}")
            return str(cursor.fetchone()[0]).lower()

        mode, sync, foreign, wipe = (
            pragma(p) for p in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        )
        mapped = pragma("mmap_size") if connection.settings_dict["NAME"] != ":memory:" else "0"
    memory = "memory" in str(connection.settings_dict["NAME"])
    found.append(
        Finding(
            "sqlite_version",
            sqlite3.sqlite_version,
            wal_is_safe(version) or mode != "wal",
            "Install pysqlite3 from requirements/app.lock.",
        )
    )
    wanted = sqlite_pragmas(version)
    found.append(
        Finding(
            "sqlite_journal",
            mode,
            memory or mode == wanted["journal_mode"].lower(),
            f"Set journal_mode={wanted['journal_mode']}.",
        )
    )
    full = {"2", "3"} if wanted["synchronous"] == "FULL" else {"3"}
    found.append(Finding("sqlite_synchronous", sync, sync in full, f"Set synchronous={wanted['synchronous']}."))
    found.append(Finding("sqlite_foreign_keys", foreign, foreign == "1", "Set foreign_keys=ON."))
    found.append(Finding("sqlite_secure_delete", wipe, wipe == "1", "Set secure_delete=ON."))
    found.append(Finding("sqlite_mmap", mapped, mapped == "0", "Never set mmap_size."))
    kind = disk_kind(data)
    found.append(Finding("disk", kind, kind not in NETWORK_DISKS, "Move the data folder to a disk of this machine."))
    return found


def _inspect_postgres(connection) -> list[Finding]:
    wanted = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int")
        version = cursor.fetchone()[0]
        found = [Finding("postgres_version", str(version), version >= 150000, "Use PostgreSQL 15 or newer.")]
        for name, value in wanted.items():
            cursor.execute("SELECT current_setting(%s)", [name])
            seen = cursor.fetchone()[0]
            good = seen == value or (name == "synchronous_commit" and seen in {"remote_write", "remote_apply", "local"})
            found.append(Finding(f"postgres_{name}", seen, good, f"Set {name} = {value} in postgresql.conf."))
    return found
