"""Every setting that would lose a report or open a door refuses the start, and `doctor` names it with its cure."""

import json
import os
import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.conf import settings as live
from django.db import connection

from kalantar.kernel import audit, clock, files, installation, keys, storage
from kalantar.kernel.models import Installation, Job
from kalantar.project import doctor, gate, opening, sentences, serving
from kalantar.project.stop import Stop


@pytest.fixture
def station(db, settings, monkeypatch, tmp_path):
    """A real station in good order, in this process."""
    Installation.objects.create(kind="station", name="x", name_en="x", time_zone="Asia/Tehran", created_at=clock.wall())
    installation.forget()
    data, folder = tmp_path / "data", tmp_path / "keys"
    data.mkdir()
    keys.make(folder)
    settings.PROFILE, settings.HOSTS, settings.TLS = "station", ["kalantar.example"], True
    settings.DATA, settings.KEYS = data, folder
    monkeypatch.setenv("KALANTAR_PROFILE", "station")
    monkeypatch.setenv("KALANTAR_DATA", str(data))
    monkeypatch.setenv("KALANTAR_KEYS", str(folder))
    monkeypatch.setattr(storage, "inspect", lambda *_: list(GOOD))
    yield SimpleNamespace(settings=settings, patch=monkeypatch, data=data, keys=folder)
    installation.forget()


GOOD = (storage.Finding("storage", "good", True),)


def bad() -> set[str]:
    return {f.name for f in gate.before() + gate.inside() if not f.good}


def test_a_station_in_good_order_starts(station):
    assert bad() == set()
    serving.gate()


@pytest.mark.parametrize("profile", ["demo", "station", "province", "test"])
def test_the_test_client_s_host_is_answered_under_the_test_profile_alone(bare, profile):
    """Whoever can make a browser send `Host: testserver` would else write it into an invitation's address."""
    bare.profile, bare.more = profile, {}
    hosts = bare.python("from django.conf import settings; print(*settings.ALLOWED_HOSTS)").split()
    assert {"localhost", "127.0.0.1", "[::1]"} <= set(hosts)
    assert ("testserver" in hosts) == (profile == "test")
    bare.more = {"KALANTAR_HOSTS": "kalantar.example"}
    assert bare.python("from django.conf import settings; print(*settings.ALLOWED_HOSTS)").split() == [
        "kalantar.example"
    ]


def officer(username):
    from kalantar.people import set_up
    from kalantar.people.models import Officer

    row = Officer(username=username, name="x", name_en="x", is_active=True, created_at=clock.wall())
    row.set_password(set_up.DEMO_PASSWORD)
    row.save()


HARMS = {
    "debug on": ("debug", lambda s: setattr(s.settings, "DEBUG", True)),
    "no host": ("hosts", lambda s: setattr(s.settings, "HOSTS", [])),
    "any host": ("hosts", lambda s: setattr(s.settings, "HOSTS", ["*"])),
    "any host below": ("hosts", lambda s: setattr(s.settings, "HOSTS", [".example"])),
    "another profile": ("kind", lambda s: setattr(s.settings, "PROFILE", "province")),
    "no profile": ("profile", lambda s: s.patch.delenv("KALANTAR_PROFILE")),
    "unknown profile": ("profile", lambda s: s.patch.setenv("KALANTAR_PROFILE", "moon")),
    "nothing installed": ("installation", lambda s: (Installation.objects.all().delete(), installation.forget())),
    "migrations wait": ("tables", lambda s: s.patch.setattr(opening, "unapplied", lambda: 2)),
    "newer tables": ("tables_ahead", lambda s: s.patch.setattr(opening, "ahead", lambda: ["kernel.0099_later"])),
    "a demonstration's password": ("demo_passwords", lambda s: officer("station_chief")),
    "secret missing": ("key_secret", lambda s: (s.keys / "secret").unlink()),
    "secret short": ("key_secret", lambda s: (s.keys / "secret").write_text("change-me")),
    "secret open": ("key_secret", lambda s: (s.keys / "secret").chmod(0o640)),
    "seal missing": ("key_seal", lambda s: (s.keys / "seal").unlink()),
    "mac open": ("key_mac", lambda s: (s.keys / "mac").chmod(0o604)),
    "backup key missing": ("key_backup", lambda s: (s.keys / "backup").unlink()),
    "keys in the data": ("keys_apart", lambda s: s.patch.setenv("KALANTAR_KEYS", str(s.data / "keys"))),
    "unknown database": ("database_url", lambda s: s.patch.setenv("KALANTAR_DATABASE_URL", "mysql://x")),
    "broken address": ("database_url", lambda s: s.patch.setenv("KALANTAR_DATABASE_URL", "postgres://h:port/x")),
    "data is a file": ("data", lambda s: (s.data.rmdir(), s.data.write_text("x"))),
    "data cannot be made": ("data", lambda s: s.patch.setenv("KALANTAR_DATA", "/proc/none/data")),
    "python too old": ("python", lambda s: s.patch.setattr(gate.sys, "version_info", (3, 10, 9))),
}


@pytest.mark.parametrize("harm", HARMS)
def test_every_bad_setting_refuses_the_start(station, harm):
    name, plant = HARMS[harm]
    plant(station)
    assert name in bad()
    with pytest.raises(Stop, match=f"{name}: "):
        serving.gate()


def test_a_clear_door_to_the_network_is_refused_and_one_to_this_machine_is_not(station):
    station.settings.TLS = False
    for host in ("0.0.0.0", "192.0.2.1", "::", "station.example"):
        with pytest.raises(Stop, match="tls: off"):
            serving.gate(host)
    for host in ("127.0.0.1", "::1", "localhost"):
        serving.gate(host)


# ---- storage, as each database tells it ----


def told(monkeypatch, **values):
    """A connection whose server answers as given; the gate must not believe a good one with one bad word."""
    good = {"server_version_num": 160004, "fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
    good |= {"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "secure_delete": "1", "mmap_size": "0"}
    good |= values

    class Cursor:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            return False

        def execute(self, sql, given=()):
            asked = given[0] if given else re.sub(r"PRAGMA |SELECT current_setting\('(\w+)'\).*", r"\1", sql)
            self.row = (good[asked],)

        def fetchone(self):
            return self.row

    return lambda vendor: SimpleNamespace(vendor=vendor, cursor=Cursor, settings_dict={"NAME": "/x/kalantar.sqlite3"})


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("postgres_fsync", {"fsync": "off"}),
        ("postgres_full_page_writes", {"full_page_writes": "off"}),
        ("postgres_synchronous_commit", {"synchronous_commit": "off"}),
        ("postgres_version", {"server_version_num": 140010}),
        ("sqlite_journal", {"journal_mode": "delete"}),
        ("sqlite_journal", {"journal_mode": "memory"}),
        ("sqlite_journal", {"journal_mode": "off"}),
        ("sqlite_synchronous", {"synchronous": "0"}),
        ("sqlite_synchronous", {"synchronous": "1"}),
        ("sqlite_foreign_keys", {"foreign_keys": "0"}),
        ("sqlite_secure_delete", {"secure_delete": "0"}),
        ("sqlite_mmap", {"mmap_size": "268435456"}),
    ],
)
def test_every_unsafe_word_of_a_database_is_found(monkeypatch, tmp_path, name, values):
    vendor = "postgresql" if name.startswith("postgres") else "sqlite"
    good = storage.inspect(told(monkeypatch)(vendor), tmp_path)
    assert [f.name for f in good if not f.good] == []
    found = storage.inspect(told(monkeypatch, **values)(vendor), tmp_path)
    assert [f.name for f in found if not f.good] == [name]


@pytest.mark.parametrize("version", [(3, 40, 1), (3, 51, 2), (3, 52, 0)])
def test_a_sqlite_that_may_damage_its_journal_is_refused(monkeypatch, tmp_path, version):
    storage.use_kept_sqlite()
    import sqlite3

    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
    found = storage.inspect(told(monkeypatch)("sqlite"), tmp_path)
    assert {"sqlite_version", "sqlite_journal"} <= {f.name for f in found if not f.good}


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "9p"])
def test_a_disk_of_another_machine_is_refused(monkeypatch, tmp_path, kind):
    monkeypatch.setattr(storage, "disk_kind", lambda _: kind)
    found = storage.inspect(told(monkeypatch)("sqlite"), tmp_path)
    assert [f.name for f in found if not f.good] == ["disk"]


def test_the_database_of_this_run_is_good(db):
    assert all(f.good for f in storage.inspect(connection, live.DATA))


# ---- doctor sees more ----


def stale(s):
    (s.data / "backup.last").write_text(str(clock.wall() - timedelta(hours=49)))


def lose_a_file(s):
    files.path_of(files.put(b"a sketch")).unlink()


def set_the_clock_back(s):
    from kalantar.kernel.change import verb

    @verb
    def note(*, by):
        audit.record("test.noted", "thing:1", by=by, at=clock.now() + timedelta(days=2))

    note(by=SimpleNamespace(audit_id="test"))


PLANTED = {
    "no backup": ("backup", lambda s: (s.data / "backup.last").unlink()),
    "stale backup": ("backup", stale),
    "backup of tomorrow": (
        "backup",
        lambda s: (s.data / "backup.last").write_text(str(clock.wall() + timedelta(days=1))),
    ),
    "a mark that says nothing": ("backup", lambda s: (s.data / "backup.last").write_text("yesterday")),
    "never verified": ("verified", lambda s: (s.data / "verify.last").unlink()),
    "tls off": ("tls", lambda s: setattr(s.settings, "TLS", False)),
    "demo password of anybody": ("demo_passwords", lambda s: officer("a.rahimi")),
    "a failed job": (
        "jobs_failed",
        lambda s: Job.objects.create(kind="x", key="1", state=Job.FAILED, due_at=clock.now()),
    ),
    "no worker": (
        "jobs_late",
        lambda s: Job.objects.create(kind="x", key="2", due_at=clock.now() - timedelta(hours=1)),
    ),
    "a lost file": ("files", lose_a_file),
    "the clock set back": ("clock", set_the_clock_back),
    "a full disk": (
        "disk_free",
        lambda s: s.patch.setattr(doctor.shutil, "disk_usage", lambda _: SimpleNamespace(free=10**9)),
    ),
}


@pytest.mark.parametrize("harm", [*PLANTED, *(harm for harm in HARMS if not harm.startswith("data "))])
def test_doctor_finds_each_planted_fault_with_its_cure(station, harm, capsys):
    (station.data / "backup.last").write_text(str(clock.wall()))
    (station.data / "verify.last").write_text(json.dumps({"at": str(clock.wall()), "whole": True}))
    assert [f.name for f in doctor.look() if not f.good] == []
    name, plant = (PLANTED | HARMS)[harm]
    plant(station)
    found = [f for f in doctor.look() if not f.good]
    assert name in {f.name for f in found}
    assert all(f.cure for f in found)
    assert gate.show(found, as_json=True) == 1
    assert isinstance(json.loads(capsys.readouterr().out), list)


@pytest.mark.parametrize("text", [*sentences.REFUSALS.values(), *gate.CURES.values(), *doctor.CURES.values()])
def test_every_refusal_and_cure_is_there_in_persian_with_its_places(monkeypatch, text):
    monkeypatch.setenv("KALANTAR_LANGUAGE", "fa")
    places = set(re.findall(r"%\((\w+)\)s", text))
    said = sentences.say(text, **dict.fromkeys(places, 1234)) if places else sentences.say(text)
    assert re.search("[آ-ی]", said)
    assert ("۱٬۲۳۴" in said) == bool(places)


def test_the_environment_of_this_run_is_left_alone():
    assert os.environ["KALANTAR_PROFILE"] == "test"
