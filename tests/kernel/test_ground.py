"""Storage gate, clocks, limits, files, keys, numbers, uids, links, retention."""

import os
import stat
import uuid
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, IntegrityError, connection, transaction

from kalantar.kernel import (
    audit,
    clock,
    files,
    installation,
    keys,
    limits,
    links,
    numbers,
    retention,
    storage,
    uids,
    verbs,
)
from kalantar.kernel.change import Refused
from kalantar.kernel.models import Installation, Limit, StoredFile

# ---- storage ----


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 40, 1), False),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 50, 7), True),
        ((3, 44, 6), True),
        ((3, 52, 0), False),
        ((3, 53, 4), True),
    ],
)
def test_wal_is_refused_on_a_sqlite_that_may_corrupt_it(version, safe):
    assert storage.wal_is_safe(version) is safe
    pragmas = storage.sqlite_pragmas(version)
    assert (pragmas["journal_mode"], pragmas["synchronous"]) == (("WAL", "FULL") if safe else ("DELETE", "EXTRA"))


@pytest.mark.django_db
def test_the_gate_finds_the_test_database_good(opened):
    found = storage.inspect(connection, Path(settings.DATA))
    assert [f.name for f in found if not f.good] == []
    assert len(found) >= 4


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("pragma", "name"),
    [
        ("synchronous=NORMAL", "sqlite_synchronous"),
        ("synchronous=OFF", "sqlite_synchronous"),
        ("foreign_keys=OFF", "sqlite_foreign_keys"),
        ("secure_delete=OFF", "sqlite_secure_delete"),
        ("mmap_size=1048576", "sqlite_mmap"),
    ],
)
def test_the_gate_finds_each_unsafe_sqlite_setting(pragma, name):
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {pragma}")
    try:
        assert name in [f.name for f in storage.inspect(connection, Path(settings.DATA)) if not f.good]
    finally:
        connection.close()


@pytest.mark.postgres
@pytest.mark.django_db
def test_the_gate_finds_postgres_that_answers_before_it_has_written(opened):
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
    assert "postgres_synchronous_commit" in [
        f.name for f in storage.inspect(connection, Path(settings.DATA)) if not f.good
    ]


def test_an_address_of_a_database_is_read_whole():
    found = storage.postgres_database("postgres://u%40x:p%2Fw@127.0.0.1:5433/kalantar?sslmode=require")
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"], found["NAME"]) == (
        "u@x",
        "p/w",
        "127.0.0.1",
        "5433",
        "kalantar",
    )
    assert found["OPTIONS"] == {"sslmode": "require"}


def test_an_unknown_database_is_refused():
    with pytest.raises(storage.StorageRefused, match="database_url_unknown"):
        storage.database("mysql://x/y", Path("."))


# ---- installation and clocks ----


@pytest.mark.django_db
def test_an_installation_is_opened_once(by):
    installation.forget()
    verbs.open_installation("station", by=by, name="نوبهار", name_en="Nowbahar", time_zone="Asia/Tehran")
    with pytest.raises(Refused, match="installation_exists"):
        verbs.open_installation("demo", by=by, name="نوبهار", name_en="Nowbahar", time_zone="Asia/Tehran")
    assert installation.current().kind == "station"
    installation.forget()


@pytest.mark.django_db
def test_only_a_demonstration_s_clock_moves_and_only_forward(opened, by):
    before = clock.now()
    verbs.move_clock(timedelta(days=7), by=by)
    assert timedelta(days=6, hours=23) < clock.now() - before < timedelta(days=7, hours=1)
    with pytest.raises(Refused, match="clock_only_forward"):
        verbs.move_clock(timedelta(days=-1), by=by)


@pytest.mark.django_db
def test_the_database_refuses_a_real_installation_a_moved_clock():
    with pytest.raises(IntegrityError), transaction.atomic():
        Installation.objects.create(kind="station", name="x", name_en="x", offset_s=60, created_at=clock.wall())


@pytest.mark.django_db
def test_a_real_installation_refuses_to_move(by):
    installation.forget()
    verbs.open_installation("station", by=by, name="x", name_en="x", time_zone="Asia/Tehran")
    with pytest.raises(Refused, match="clock_is_real"):
        verbs.move_clock(timedelta(days=1), by=by)
    installation.forget()


@pytest.mark.django_db
def test_a_moment_belongs_to_the_station_s_day(opened):
    assert clock.local_day(datetime(2018, 1, 1, 20, 29, tzinfo=UTC)) == date(2018, 1, 1)  # 23:59 in Tehran
    assert clock.local_day(datetime(2018, 1, 1, 20, 31, tzinfo=UTC)) == date(2018, 1, 2)
    assert clock.start_of(date(2018, 1, 2)) == datetime(2018, 1, 1, 20, 30, tzinfo=UTC)


@pytest.mark.django_db
def test_tehran_had_summer_time_until_1401(opened):
    assert clock.start_of(date(2021, 7, 1)) == datetime(2021, 6, 30, 19, 30, tzinfo=UTC)
    assert clock.start_of(date(2024, 7, 1)) == datetime(2024, 6, 30, 20, 30, tzinfo=UTC)


# ---- limits ----


@pytest.mark.django_db
def test_the_limit_holds_and_is_forgotten_after_its_window(opened):
    assert [limits.hit("door", limit=2, per_s=900) for _ in range(3)] == [True, True, False]
    assert limits.is_over("door", limit=2, per_s=900)
    Limit.objects.update(window_start=clock.wall() - timedelta(seconds=901))
    assert not limits.is_over("door", limit=2, per_s=900)
    assert limits.hit("door", limit=2, per_s=900)


@pytest.mark.django_db
def test_one_lock_never_locks_another(opened):
    for _ in range(5):
        limits.hit("ali", limit=2, per_s=900)
    assert limits.hit("bahar", limit=2, per_s=900)


@pytest.mark.django_db
def test_the_limiter_keeps_no_name(opened):
    limits.hit("sign-in:ali", limit=2, per_s=900)
    assert "ali" not in Limit.objects.get().key


# ---- files, keys, numbers, uids, links ----


@pytest.fixture
def opened(opened, settings, tmp_path):
    settings.DATA = tmp_path
    return opened


@pytest.mark.django_db
def test_the_same_bytes_are_kept_once_and_read_back(opened):
    one, two = files.put(b"a sketch"), files.put(iter([b"a ", b"sketch"]))
    assert one == two
    assert files.open_(one).read() == b"a sketch"
    assert files.strays() == ([], [])


@pytest.mark.django_db
def test_too_large_a_file_leaves_nothing(opened):
    with pytest.raises(files.TooLarge):
        files.put(iter([b"x" * 10] * 10), limit=50)
    assert not StoredFile.objects.exists()
    assert not list((Path(settings.DATA) / "files").glob(".new-*"))


@pytest.mark.django_db
def test_a_lost_file_and_a_stray_file_are_found(opened):
    row = files.put(b"lost")
    files.path_of(row).unlink()
    stray = Path(settings.DATA) / "files" / "ab" / ("ab" * 32)
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(b"?")
    assert files.strays() == ([row.sha256], [stray.name])
    stray.unlink()


def test_keys_are_made_once_for_their_owner_alone(tmp_path):
    keys.make(tmp_path / "k")
    first = {name: keys.read(tmp_path / "k", name) for name in keys.FILES}
    keys.make(tmp_path / "k")
    assert {name: keys.read(tmp_path / "k", name) for name in keys.FILES} == first
    assert stat.S_IMODE(os.stat(tmp_path / "k" / "seal").st_mode) == 0o600


def test_a_key_open_to_others_is_refused(tmp_path):
    keys.make(tmp_path / "k")
    (tmp_path / "k" / "mac").chmod(0o644)
    with pytest.raises(keys.KeysRefused, match="keys_open_to_others"):
        keys.read(tmp_path / "k", "mac")


def test_a_missing_key_is_refused(tmp_path):
    with pytest.raises(keys.KeysRefused, match="keys_missing"):
        keys.read(tmp_path, "seal")


def test_what_is_sealed_is_not_readable_and_opens_again():
    sealed = keys.seal("چراغ خاموش".encode())
    assert "چراغ".encode() not in sealed
    assert keys.open_(sealed).decode() == "چراغ خاموش"
    assert keys.mac("a", "x") != keys.mac("b", "x")


@pytest.mark.django_db
def test_numbers_run_without_gap_or_repeat(opened):
    assert [numbers.take("s"), numbers.take("s", 10), numbers.take("s"), numbers.take("other")] == [1, 2, 12, 1]


def test_uids_are_version_7_and_sorted_by_time():
    made = [uids.new() for _ in range(3)] + [uuid.UUID(text) for text in uids.many_hex(1000)]
    assert {u.version for u in made} == {7}
    assert {u.variant for u in made} == {uuid.RFC_4122}
    assert len(set(made)) == 1003


def test_a_page_that_is_gone_has_no_address():
    assert links.resolve("no:such_page", {}) == ""
    assert links.resolve("", {}) == ""


def test_every_table_says_how_long_it_is_kept():
    names = {model._meta.label_lower for model in apps.get_models(include_auto_created=False)}
    assert names - set(retention.KEEP) == set()
    assert "kernel.auditline" in names


@pytest.mark.django_db
def test_a_tried_and_refused_thing_is_remembered(opened, by):
    audit.tried("import.refused", "file:abc", by=by, reason="zip_bomb")
    assert audit.verify()[0] == 1


@pytest.mark.django_db
def test_the_outbox_rolls_back_with_its_verb(opened, by):
    from kalantar.kernel import outbox
    from kalantar.kernel.change import verb
    from kalantar.kernel.models import OutboxLine

    class Reader:
        pk = 7

    @verb
    def broken(*, by):
        outbox.tell("x", to=Reader())
        raise DatabaseError

    with pytest.raises(DatabaseError):
        broken(by=by)
    assert not OutboxLine.objects.exists()


@pytest.mark.django_db
def test_a_piece_left_by_a_killed_process_goes_after_half_a_day_and_a_young_one_stays(settings, tmp_path):
    settings.DATA = tmp_path
    stored = files.put(b"whole")
    for name, hours in (("old", 13), ("young", 1)):
        piece = tmp_path / "files" / f".new-{name}"
        piece.write_bytes(b"half")
        os.utime(piece, times=(piece.stat().st_atime, piece.stat().st_mtime - hours * 3600))
    assert files.strays() == ([], [])
    assert files.sweep_unfinished() == 1
    assert [p.name for p in (tmp_path / "files").glob(".new-*")] == [".new-young"]
    assert files.open_(stored).read() == b"whole"
    assert files.changed() == []


@pytest.mark.sqlite
def test_a_wide_cache_is_given_back_even_when_writing_fails(db):
    from kalantar.kernel import bulk

    def size():
        with connection.cursor() as cursor:
            return cursor.execute("PRAGMA cache_size").fetchone()[0]

    before = size()
    with bulk.wide():
        assert size() == -bulk.CACHE_KB
    with pytest.raises(ZeroDivisionError), bulk.wide():
        raise ZeroDivisionError  # something goes wrong while writing
    assert size() == before
