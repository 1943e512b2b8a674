"""Restore is the test, not the backup. Damage of any kind is refused, and a refused restore changes nothing."""

import random

import pytest
from django.db import connection

from kalantar.kernel import audit, backup, clock, files, installation, keys
from kalantar.kernel.change import Refused, verb
from kalantar.kernel.models import AuditLine, Counter, Installation, StoredFile
from kalantar.kernel.sealed import SealBroken

pytestmark = pytest.mark.django_db


@verb
def note(text, *, by):
    audit.record("test.noted", "thing:1", by=by, text=text)


@pytest.fixture
def filled(opened, by, settings, tmp_path):
    settings.DATA = tmp_path / "data"
    settings.DATA.mkdir()
    for i in range(20):
        note(f"چراغ {i}", by=by)
    Counter.objects.create(series="x", last=7)
    files.put(b"a sketch" * 1000)
    audit.stamp()
    return settings.DATA


@pytest.fixture
def copy(filled, tmp_path):
    path = tmp_path / "copy.kalantar"
    backup.write(path)
    return path


def empty():
    with connection.cursor() as cursor:
        for table in ("kernel_auditline", "kernel_headcode"):
            if connection.vendor == "sqlite":
                for deed in ("update", "delete", "replace"):
                    cursor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{deed}")
            else:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    for model in reversed(backup.tables()):
        model._base_manager.all().delete()
    installation.forget()


def content():
    return {m._meta.label_lower: sorted(map(str, m._base_manager.values_list())) for m in backup.tables()}


def test_what_comes_back_is_what_was_there(copy, filled):
    before, heads = content(), audit.heads()
    for stored in StoredFile.objects.all():
        files.path_of(stored).unlink()
    empty()
    manifest = backup.restore(copy)
    assert content() == before
    assert audit.heads() == heads == manifest["heads"]
    assert audit.verify()[1] == []
    assert files.open_(StoredFile.objects.get()).read() == b"a sketch" * 1000


def test_life_goes_on_after_a_restore(copy, by):
    empty()
    backup.restore(copy)
    note("after", by=by)
    assert audit.verify() == (21, [])


def test_a_restore_never_writes_over_an_installation(copy):
    before = content()
    with pytest.raises(Refused, match="restore_not_empty"):
        backup.restore(copy)
    assert content() == before


def test_nothing_readable_is_in_the_file(copy):
    assert "چراغ".encode() not in copy.read_bytes()
    assert b"test.noted" not in copy.read_bytes()


def test_another_key_opens_nothing(copy, settings, tmp_path):
    keys.make(tmp_path / "other")
    settings.KEYS = tmp_path / "other"
    with pytest.raises(SealBroken, match="backup_wrong_key"):
        backup.check(copy)


def test_one_flipped_byte_anywhere_is_found_and_changes_nothing(copy):
    whole = copy.read_bytes()
    empty()
    rng = random.Random(5)
    for _ in range(40):
        at = rng.randrange(len(whole))
        copy.write_bytes(whole[:at] + bytes([whole[at] ^ 0x20]) + whole[at + 1 :])
        with pytest.raises(SealBroken):
            backup.restore(copy)
    assert not Installation.objects.exists()
    copy.write_bytes(whole)
    backup.restore(copy)  # the negative control: untouched, it opens


@pytest.mark.parametrize("length", [0, 10, 40, 200, -1, -20])
def test_a_file_cut_short_is_refused(copy, length):
    copy.write_bytes(copy.read_bytes()[:length])
    with pytest.raises(SealBroken):
        backup.check(copy)


def test_something_added_at_the_end_is_refused(copy):
    copy.write_bytes(copy.read_bytes() + b"more")
    with pytest.raises(SealBroken):
        backup.check(copy)


def test_a_copy_of_another_version_is_refused(copy, monkeypatch):
    empty()
    monkeypatch.setattr(backup.MigrationRecorder, "applied_migrations", lambda self: {("kernel", "0099_later"): None})
    with pytest.raises(Refused, match="backup_other_version"):
        backup.restore(copy)


def test_a_backup_that_cannot_be_written_leaves_no_half_file(filled, tmp_path, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup.tarfile.TarFile, "addfile", full)
    with pytest.raises(OSError, match="No space"):
        backup.write(tmp_path / "half.kalantar")
    assert [p.name for p in tmp_path.iterdir() if "half" in p.name] == []
    assert AuditLine.objects.count() == 20
    assert clock.wall()
