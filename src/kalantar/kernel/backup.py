"""Everything but the keys in one sealed file, taken while people work; and back again.

Inside stands a tar: `manifest.json` (version, database, digests, row counts, audit heads) last, since only then the
digests are known; the tables as JSON lines, one member a table, so that a copy from SQLite opens on PostgreSQL and the
other way round; and the files.
"""

from __future__ import annotations

import functools
import hashlib
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

from django.apps import apps
from django.apps.registry import Apps
from django.conf import settings
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.db.migrations.recorder import MigrationRecorder

import kalantar

from . import audit, clock, files, installation, keys
from .change import Refused
from .sealed import Reader, SealBroken, Writer

LINES = 5_000
# Sessions would let an old cookie open a restored installation, and an invitation that was used since would open
# again; limits and Django's own lists are made anew.
LEFT_OUT = {
    "sessions.session",
    "people.invite",
    "kernel.limit",
    "contenttypes.contenttype",
    "auth.permission",
    "auth.group",
}


def tables(registry: Apps = apps) -> list[type[models.Model]]:
    """The models that are copied, parents before children."""
    wanted = [
        m
        for m in registry.get_models()
        if not m._meta.proxy and m._meta.managed and m._meta.label_lower not in LEFT_OUT
    ]
    ordered: list[type[models.Model]] = []

    def add(model):
        if model in ordered:
            return
        for field in model._meta.concrete_fields:
            if (
                field.is_relation
                and (parent := field.related_model._meta.concrete_model) is not model
                and parent in wanted
            ):
                add(parent)
        ordered.append(model)

    for model in wanted:
        add(model)
    return ordered


def _plain(value):
    if isinstance(value, bytes | memoryview):
        return {"hex": bytes(value).hex()}
    if isinstance(value, datetime | date | UUID):
        return str(value)
    return value


def _lines(model) -> Iterator[bytes]:
    fields = [f.attname for f in model._meta.concrete_fields]
    for row in model._base_manager.order_by("pk").values_list(*fields).iterator(chunk_size=LINES):
        yield json.dumps([_plain(value) for value in row], ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def write(path: Path, *, registry: Apps = apps) -> dict:
    """Write the sealed file and return its manifest. The file appears whole or not at all.

    Another registry reads tables that an earlier version left, as an upgrade does before it touches them.
    """
    secret = keys.read(Path(settings.KEYS), "backup")
    path = Path(path)
    temporary = path.with_name(f".{path.name}.new")
    manifest: dict = {
        "version": kalantar.__version__,
        "database": connection.vendor,
        "taken_at": str(clock.wall()),
        "tables": {},
        "files": {},
    }
    manifest["kind"] = registry.get_model("kernel", "Installation")._base_manager.values_list("kind", flat=True).first()
    if manifest["kind"] is None:
        raise installation.NotInstalled
    try:
        with temporary.open("wb") as out, Writer(out, secret) as sealed, tarfile.open(fileobj=sealed, mode="w|") as tar:
            _copy_tables(tar, manifest, registry)
            for stored in registry.get_model("kernel", "StoredFile")._base_manager.order_by("pk").iterator():
                place = files.path_of(stored)
                if place.exists():
                    tar.add(place, arcname=f"files/{stored.sha256}", recursive=False)
                    manifest["files"][stored.sha256] = stored.size
            _member(tar, "manifest.json", json.dumps(manifest, ensure_ascii=False).encode())
        with temporary.open("rb+") as written:
            os.fsync(written.fileno())
        temporary.replace(path)
        files.settle(path.parent)
    finally:
        temporary.unlink(missing_ok=True)
    (Path(settings.DATA) / "backup.last").write_text(str(clock.wall()))
    return manifest


@contextmanager
def one_view() -> Iterator[None]:
    """Read everything as of one moment without making a writer wait.

    A snapshot on PostgreSQL, a read transaction of the WAL on SQLite; inside another transaction that one's view.
    """
    if connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("BEGIN" if connection.vendor == "sqlite" else "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        try:
            yield
        finally:
            cursor.execute("COMMIT")


def _copy_tables(tar, manifest: dict, registry: Apps) -> None:
    """Every table as JSON lines, with its digest in the manifest."""
    manifest["migrations"] = sorted(f"{a}.{n}" for a, n in MigrationRecorder(connection).applied_migrations())
    with one_view():
        heads = registry.get_model("kernel", "AuditHead")._base_manager.order_by("chain")
        manifest["heads"] = {chain: [seq, digest] for chain, seq, digest in heads.values_list("chain", "seq", "digest")}
        for model in tables(registry):
            with tempfile.TemporaryFile(dir=settings.DATA) as spool:
                digest, n = hashlib.sha256(), 0
                for line in _lines(model):
                    spool.write(line)
                    digest.update(line)
                    n += 1
                fields = [f.attname for f in model._meta.concrete_fields]
                manifest["tables"][model._meta.label_lower] = {
                    "rows": n,
                    "sha256": digest.hexdigest(),
                    "fields": fields,
                }
                info = tarfile.TarInfo(f"tables/{model._meta.label_lower}")
                info.size = spool.tell()
                spool.seek(0)
                tar.addfile(info, spool)


def _member(tar, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))


def check(path: Path) -> dict:
    """Read a sealed file to its end, comparing every digest; returns the manifest or raises `SealBroken`."""
    return _walk(path, on_table=None, on_file=None)


def _walk(path: Path, *, on_table, on_file) -> dict:
    secret = keys.read(Path(settings.KEYS), "backup")
    seen_tables: dict[str, list] = {}
    seen_files: dict[str, int] = {}
    manifest = None
    with Path(path).open("rb") as source:
        try:
            with tarfile.open(fileobj=io.BufferedReader(Reader(source, secret)), mode="r|") as tar:
                for member in tar:
                    body = tar.extractfile(member)
                    if body is None or ".." in member.name:
                        raise SealBroken("backup_damaged")
                    if member.name == "manifest.json":
                        manifest = json.loads(body.read())
                    elif member.name.startswith("tables/"):
                        name, digest, n = member.name.removeprefix("tables/"), hashlib.sha256(), 0

                        def lines(body=body, digest=digest):
                            for line in body:
                                digest.update(line)
                                yield json.loads(line)

                        rows = lines()
                        n = on_table(name, rows) if on_table else sum(1 for _ in rows)
                        seen_tables[name] = [n, digest.hexdigest()]
                    else:
                        name = member.name.removeprefix("files/")
                        digest = hashlib.sha256()
                        kept = _tee(iter(functools.partial(body.read, 1 << 20), b""), digest)
                        if on_file:
                            on_file(name, kept)
                        else:
                            for _ in kept:
                                pass
                        if digest.hexdigest() != name:
                            raise SealBroken("backup_damaged")
                        seen_files[name] = member.size
        except (tarfile.TarError, ValueError, EOFError) as fault:
            raise SealBroken("backup_damaged") from fault
    if manifest is None:
        raise SealBroken("backup_cut_short")
    wanted = {name: [t["rows"], t["sha256"]] for name, t in manifest["tables"].items()}
    if wanted != seen_tables or manifest["files"] != seen_files:
        raise SealBroken("backup_damaged")
    return manifest


def _tee(chunks, digest):
    for chunk in chunks:
        digest.update(chunk)
        yield chunk


def restore(path: Path, *, checked: dict | None = None) -> dict:
    """Put a sealed file into an installation that holds nothing yet. Read whole first: a damaged file changes nothing.

    `checked` is the manifest when `check` has read the file just now.
    """
    manifest = checked or check(path)
    known = sorted(f"{a}.{n}" for a, n in MigrationRecorder(connection).applied_migrations())
    if manifest["migrations"] != known:
        raise Refused("backup_other_version", theirs=manifest["version"], ours=kalantar.__version__)
    try:
        installation.forget()
        installation.current()
    except installation.NotInstalled:
        pass
    else:
        raise Refused("restore_not_empty")
    by_name = {model._meta.label_lower: model for model in tables()}

    def fill(name: str, rows) -> int:
        model, total, batch = by_name[name], 0, []
        fields = manifest["tables"][name]["fields"]
        for row in rows:
            values = {
                f: bytes.fromhex(v["hex"]) if isinstance(v, dict) and set(v) == {"hex"} else v
                for f, v in zip(fields, row, strict=True)
            }
            batch.append(model(**values))
            total += 1
            if len(batch) >= LINES:
                model._base_manager.bulk_create(batch)
                batch.clear()
        model._base_manager.bulk_create(batch)
        return total

    def keep(name: str, chunks) -> None:
        place = Path(settings.DATA) / "files" / name[:2] / name
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("wb") as out:
            for chunk in chunks:
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
        files.settle(place.parent)

    with transaction.atomic(), connection.constraint_checks_disabled():
        _walk(path, on_table=fill, on_file=keep)
        with connection.cursor() as cursor:
            for sql in connection.ops.sequence_reset_sql(no_style(), list(by_name.values())):
                cursor.execute(sql)
        if audit.heads() != manifest["heads"]:
            raise SealBroken("backup_damaged")
    installation.forget()
    return manifest
