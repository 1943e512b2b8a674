"""The command line keeps its contract: 0 done, 1 refused with a reason on stderr, 2 wrong usage, never a traceback."""

import json
import re
import shutil
import socket
from pathlib import Path

import pytest

from .conftest import INIT

pytestmark = pytest.mark.sqlite


def refused(said, *words):
    """Exit 1, nothing on stdout but what had been done, one reason on stderr."""
    assert said.code == 1, (said.out, said.err)
    assert said.err.startswith("kalantar: "), said.err
    for word in words:
        assert word in said.err, said.err


def content(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file() and not p.name.endswith("-shm")}


# ---- usage ----


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("fly",),
        ("demo", "--city", "atlantis"),
        ("demo", "--port", "many"),
        ("import",),
        ("import", "persons", "x.csv"),
        ("import", "boundaries", "x.geojson"),
        ("init", "--kind", "kingdom", "--name", "x", "--name-en", "x", "--chief", "x"),
        ("init",),
        ("backup",),
    ],
)
def test_wrong_usage_is_2_and_says_so(bare, arguments):
    said = bare.run(*arguments)
    assert said.code == 2
    assert said.err


def test_help_is_no_fault(bare):
    assert bare.run("--help").code == 0


# ---- the environment ----


@pytest.mark.parametrize("profile", ["", "moon", "Station"])
def test_without_a_known_profile_nothing_starts(bare, profile):
    bare.profile = profile
    refused(bare.run("serve"), "profile", "KALANTAR_PROFILE")
    assert not bare.database.exists()


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("mysql://x", "database_url"),
        ("postgres://host:port/name", "database_url"),
        ("postgres://kalantar:secretword@127.0.0.1:1/none", "does not answer"),
        ("sqlite:////proc/none/at/all", "does not answer"),
    ],
)
def test_a_database_that_cannot_be_had_is_said(bare, url, word):
    said = bare.run("verify", KALANTAR_DATABASE_URL=url)
    refused(said, word)
    assert "secretword" not in said.err


@pytest.mark.parametrize("where", ["/proc/none/data", "/dev/null/data"])
def test_a_data_folder_that_cannot_be_written_is_said(bare, where):
    refused(bare.run("verify", "--data", where), "data: ", "another data folder")


def test_a_data_folder_that_is_a_file_is_said(bare, tmp_path):
    (tmp_path / "file").write_text("x")
    refused(bare.run("verify", "--data", tmp_path / "file"), "data: ")


def test_a_damaged_database_is_said_and_kept(place):
    place.database.write_bytes(b"not a database at all, but long enough" * 100)
    refused(place.run("verify"), "cannot be read", "restore a copy elsewhere")
    assert place.database.read_bytes().startswith(b"not a database")


@pytest.mark.parametrize(
    "harm",
    [
        lambda keys: (keys / "secret").unlink(),
        lambda keys: (keys / "mac").chmod(0o644),
        lambda keys: (keys / "seal").write_text("short"),
        lambda keys: shutil.rmtree(keys),
    ],
    ids=["missing", "open", "short", "gone"],
)
def test_bad_keys_stop_everything_and_are_never_made_anew(place, harm):
    harm(place.keys)
    before = {p.name for p in place.keys.glob("*")}
    for verb in (("serve",), ("backup", place.data / "x")):
        refused(place.run(*verb), "key_", "Put the keys back")
    assert {p.name for p in place.keys.glob("*")} == before


# ---- an installation that is not there, not this one, not of this version ----


@pytest.mark.parametrize(
    "verb",
    [
        ("serve",),
        ("worker", "--once"),
        ("verify",),
        ("backup", "copy"),
        ("analyse",),
        ("import", "incidents", __file__),
    ],
)
def test_where_nothing_is_installed_a_verb_says_what_to_run(bare, verb):
    said = bare.run(*verb)
    refused(said)
    assert re.search(r"Run: \./kalantar (init|upgrade)", said.err)


@pytest.mark.parametrize("verb", ["serve", "worker"])
def test_another_profile_never_enters(place, verb):
    place.profile = "province"
    refused(place.run(verb), "kind: station", "KALANTAR_PROFILE")


def test_a_demonstration_never_enters_a_real_installation(place):
    before = content(place.data)
    refused(place.run("demo", "--no-browser", "--set-up-only", "--data", place.data), "real installation")
    refused(place.run("demo", "--forward", "7d", "--data", place.data))
    assert content(place.data)["kalantar.sqlite3"] == before["kalantar.sqlite3"]


def test_tables_of_an_earlier_version_are_not_touched_without_upgrade(place):
    place.sql("DELETE FROM django_migrations WHERE app = 'kernel' AND name LIKE '0002%'")
    for verb in ("serve", "verify"):
        refused(place.run(verb), "1 steps", "./kalantar upgrade")


def test_tables_of_a_newer_version_are_never_touched(place):
    place.sql("INSERT INTO django_migrations (app, name, applied) VALUES ('kernel', '0099_later', '2030-01-01')")
    for verb in ("serve", "upgrade", "migrate", "verify"):
        refused(place.run(verb), "newer version")


# ---- init ----


def test_init_says_the_link_and_refuses_a_second_time(place, init_said):
    assert re.search(r"/people/join/[0-9A-Z]{20}/", init_said)
    before = content(place.data)
    refused(place.run(*INIT), "set up already", "Nothing was changed")
    assert content(place.data) == before


@pytest.mark.parametrize(
    ("option", "value", "word"),
    [
        ("--time-zone", "Asia/Nowhere", "time zone"),
        ("--time-zone", "../../etc/passwd", "time zone"),
        ("--name", " ", "--name is empty"),
        ("--number", "0", "begins at 1"),
        ("--chief", "", "--chief is empty"),
        ("--chief", "ab", "begins with a Latin letter"),
        ("--chief", "two words", "begins with a Latin letter"),
        ("--chief", "رئیس", "begins with a Latin letter"),
    ],
)
def test_a_bad_word_to_init_sets_up_nothing(bare, option, value, word):
    arguments = list(INIT)
    if option in arguments:
        arguments[arguments.index(option) + 1] = value
    else:
        arguments += [option, value]
    refused(bare.run(*arguments), word)
    said = bare.run("verify")
    refused(said, "./kalantar")


def test_an_odd_name_for_the_chief_is_refused_in_persian_too(bare):
    said = bare.run(*INIT[:-1], "../chief", KALANTAR_LANGUAGE="fa")
    refused(said, "نام کاربری با حرف لاتین آغاز می‌شود")
    assert not bare.database.exists()


# ---- files ----


@pytest.mark.parametrize("what", [("incidents",), ("boundaries", "--kind", "beat")], ids=["incidents", "boundaries"])
@pytest.mark.parametrize("kind", ["absent", "folder", "empty", "noise"])
def test_a_file_that_cannot_be_imported_is_refused_and_nothing_comes_in(place, tmp_path, what, kind):
    path = tmp_path / "file.csv"
    match kind:
        case "folder":
            path.mkdir()
        case "empty":
            path.write_bytes(b"")
        case "noise":
            path.write_bytes(bytes(range(256)) * 50)
    said = place.run("import", what[0], path, *what[1:])
    assert said.code == 1
    assert said.err.strip()
    assert place.ask("SELECT (SELECT COUNT(*) FROM incidents_incident) + (SELECT COUNT(*) FROM territory_area)") == 0


@pytest.mark.parametrize("text", ["not = [toml", "", 'columns = "x"'])
def test_a_mapping_that_cannot_be_read_is_refused(place, tmp_path, text):
    (tmp_path / "rows.csv").write_text("date,lon,lat\n2018-01-01,51.4,35.7\n")
    (tmp_path / "map.toml").write_text(text)
    said = place.run("import", "incidents", tmp_path / "rows.csv", "--map", tmp_path / "map.toml")
    assert said.code == 1
    assert said.err.strip()


def test_several_files_come_in_by_one_command_and_a_refused_one_keeps_no_other_out(place, tmp_path):
    for name, row in {
        "one": "2018-01-01,51.4,35.7",
        "two": "no day,51.4,35.7",
        "three": "2018-01-03,51.4,35.7",
    }.items():
        (tmp_path / f"{name}.csv").write_text(f"day,x of it,y of it\n{row}\n")
    (tmp_path / "map.toml").write_text('type = "T-CAR"\n[columns]\ndate = "day"\nlon = "x of it"\nlat = "y of it"\n')
    files = [tmp_path / f"{name}.csv" for name in ("one", "two", "three")]
    said = place.run("import", "incidents", *files, "--map", tmp_path / "map.toml", "--json")
    assert said.code == 1
    assert str(files[1]) in said.err
    states = [json.loads(line)["state"] for line in said.out.splitlines()]
    assert states == ["live", "failed", "live"], "without boundaries each good row waits for its place"
    assert place.ask("SELECT COUNT(*) FROM incidents_unplaced") == 2


@pytest.mark.parametrize(
    "arguments",
    [("incidents", "a", "b", "c", "--map", "1", "--map", "2"), ("boundaries", "a", "b", "--kind", "beat")],
)
def test_files_and_their_mappings_must_pair(place, arguments):
    said = place.run("import", *arguments)
    assert said.code == 2
    assert "once for each file" in said.err


@pytest.mark.parametrize("day", ["yesterday", "2018-13-01", "1397-10-11x"])
def test_a_day_that_is_none_is_said(place, day):
    refused(place.run("analyse", "--on", day), "is not a day")


@pytest.mark.parametrize("port", ["0", "65536", "-1"])
def test_a_port_that_is_none_is_said(place, port):
    refused(place.run("serve", "--port", port), "is not a port")


@pytest.mark.parametrize("verb", [("serve",), ("demo", "--no-browser")], ids=["serve", "demo"])
def test_a_taken_port_is_said_before_anything_is_done(place, tmp_path, verb):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        data = place.data if verb[0] == "serve" else tmp_path / "demo"
        refused(place.run(*verb, "--port", port, "--data", data), f"Port {port}")
        assert not (tmp_path / "demo" / "kalantar.sqlite3").exists()


@pytest.mark.parametrize("span", ["7", "0d", "-1d", "7w", "1000d", "d", ""])
def test_a_span_that_is_none_is_said(bare, span):
    said = bare.run("demo", f"--forward={span}", "--data", bare.data, "--set-up-only")
    if span:
        refused(said, "is not a span")


def test_there_is_no_forward_without_a_demonstration(bare):
    refused(bare.run("demo", "--forward", "7d", "--data", bare.data), "no demonstration here yet")


# ---- backup, restore, upgrade, verify ----


def test_a_copy_comes_back_whole_and_every_bad_one_is_refused(place, tmp_path):
    copy = tmp_path / "copy.kalantar"
    said = place.run("backup", copy)
    assert (said.code, "sealed" in said.out) == (0, True)
    refused(place.run("backup", copy), "exists already")
    refused(place.run("backup", tmp_path / "none" / "copy"), "No such file")
    refused(place.run("restore", copy), "an installation here already")
    refused(place.run("restore", tmp_path / "absent"), "There is no file")
    refused(place.run("restore", tmp_path), "There is no file")

    whole = copy.read_bytes()
    there = type(place)(tmp_path / "new", more=place.more)
    shutil.copytree(place.keys, there.keys)
    for bad, word in (
        (b"", "not a sealed copy"),
        (b"PK\x03\x04" + bytes(1000), "not a sealed copy"),
        (whole[: len(whole) // 2], "cut short"),
        (whole[:-1], "cut short"),
        (whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:], ""),
        (whole + b"x", "damaged"),
    ):
        (tmp_path / "bad").write_bytes(bad)
        refused(there.run("restore", tmp_path / "bad"), word, "Nothing was changed")
        assert not there.database.exists()

    there.profile = "province"
    refused(there.run("restore", copy), "another kind of installation")
    there.profile = "station"
    (there.keys / "backup").write_text("x" * 64)
    refused(there.run("restore", copy), "another key")
    shutil.copy(place.keys / "backup", there.keys / "backup")
    said = there.run("restore", copy)
    assert (said.code, "Restored" in said.out) == (0, True), said.err
    count = (
        "from kalantar.kernel import backup\nprint({m._meta.label: m._base_manager.count() for m in backup.tables()})"
    )
    mine, theirs = (eval(where.python(count)) for where in (place, there))
    mine["kernel.AuditLine"] -= 1  # the line that tells of the backup itself
    assert mine == theirs
    assert there.run("verify").code == 0


TRIGGERS = [
    f"DROP TRIGGER kernel_{t}_no_{d}" for t in ("auditline", "headcode") for d in ("update", "delete", "replace")
]
TAMPERINGS = {
    "edited": "UPDATE kernel_auditline SET \"by\" = 'officer:9' WHERE seq = 3",
    "deleted": "DELETE FROM kernel_auditline WHERE seq = 3",
    "moved": "UPDATE kernel_auditline SET at = '2020-01-01' WHERE seq = 2",
    "details": "UPDATE kernel_auditline SET details = '{}' WHERE seq = 1",
    "inserted": 'INSERT INTO kernel_auditline (id, chain, seq, at, what, "by", subject, details, previous, digest) '
    'SELECT 9999, chain, 9999, at, what, "by", subject, details, previous, digest FROM kernel_auditline WHERE seq = 1',
    "tail cut": "DELETE FROM kernel_auditline WHERE seq = (SELECT MAX(seq) FROM kernel_auditline)",
    "head": "UPDATE kernel_audithead SET digest = 'x'",
    "all gone": "DELETE FROM kernel_auditline",
}


@pytest.mark.parametrize("harm", TAMPERINGS)
def test_every_planted_tampering_is_found(place, harm):
    assert place.run("verify").code == 0  # the negative control
    columns = 'id, chain, seq, at, what, "by", subject, details, previous, digest'
    statement = TAMPERINGS[harm]
    if harm == "inserted":
        statement = (
            f'INSERT INTO kernel_auditline ({columns}) SELECT 9999, chain, 9999, at, what, "by", subject, details, '
            "previous, digest FROM kernel_auditline WHERE seq = 1 LIMIT 1"
        )
    place.sql(*TRIGGERS, statement.replace(" by = ", ' "by" = '))
    said = place.run("verify", "--json")
    assert said.code == 1
    found = json.loads(said.out)
    assert (found["whole"], bool(found["faults"])) == (False, True)


def test_lost_changed_and_stray_files_and_a_foreign_code_are_found(place):
    put = "from kalantar.kernel import files\nprint(files.path_of(files.put(b'{}')))"
    lost, changed = (Path(place.python(put.format(text)).strip()) for text in ("lost", "changed"))
    stray = changed.with_name("ab" * 32)
    assert json.loads(place.run("verify", "--json").out)["whole"]
    lost.unlink()
    changed.write_bytes(b"other")
    shutil.copy(changed, stray)
    said = place.run("verify", "--json", "--code", "1234-5678-9012-3456", "--totals")
    found = json.loads(said.out)
    assert said.code == 1
    assert found["files_lost"] == [lost.name]
    assert changed.name in found["files_changed"]
    assert found["files_stray"] == [stray.name]
    assert {f["what"] for f in found["faults"]} == {"code_unknown"}
    assert said.err == ""


def test_an_upgrade_keeps_a_sealed_copy_and_is_done_once(place, tmp_path):
    place.sql("DELETE FROM django_migrations WHERE app = 'kernel' AND name LIKE '0002%'", *TRIGGERS)
    said = place.run("upgrade")
    assert (said.code, "1 steps done" in said.out) == (0, True), said.err
    (copy,) = (place.data / "backups").iterdir()
    assert "already" in place.run("upgrade").out
    assert place.run("verify").code == 0
    there = type(place)(tmp_path / "new", more=place.more)
    shutil.copytree(place.keys, there.keys)
    refused(there.run("restore", copy), "with its own version")  # it holds the tables as the earlier version made them


def test_a_failed_upgrade_names_its_copy(place):
    place.sql("DELETE FROM django_migrations WHERE app = 'kernel' AND name LIKE '0002%'")  # its triggers stand already
    said = place.run("upgrade")
    refused(said, "taken back", "The copy before it is")
    (copy,) = (place.data / "backups").iterdir()
    assert str(copy) in said.err


# ---- what machines read, and Persian ----


@pytest.mark.parametrize("verb", [("doctor",), ("verify",), ("analyse",)], ids=lambda verb: verb[0])
def test_what_is_asked_as_json_is_json(place, verb):
    said = place.run(*verb, "--json")
    json.loads(said.out)
    assert said.code in {0, 1}


def test_a_dry_run_tells_as_json_and_writes_nothing(place, tmp_path):
    path = tmp_path / "beats.geojson"
    shape = {"type": "Polygon", "coordinates": [[[51.3, 35.6], [51.5, 35.6], [51.5, 35.8], [51.3, 35.8], [51.3, 35.6]]]}
    shapes = [{"type": "Feature", "properties": {"code": "14", "name": "چهارده"}, "geometry": shape}]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": shapes}))
    said = place.run("import", "boundaries", path, "--kind", "station", "--dry-run", "--json")
    assert isinstance(json.loads(said.out), dict), said.err
    assert place.ask("SELECT COUNT(*) FROM territory_area") == 0
    assert place.run("import", "boundaries", path, "--kind", "station", "--json").code == 0
    assert place.ask("SELECT COUNT(*) FROM territory_area") == 1


@pytest.mark.parametrize(
    "arguments", [("verify",), ("restore", "absent"), ("serve", "--port", "0"), ("import", "incidents", "absent")]
)
def test_a_refusal_is_said_in_persian_to_whoever_asked_for_it(bare, arguments):
    said = bare.run(*arguments, KALANTAR_LANGUAGE="fa")
    assert said.code == 1
    assert re.search("[آ-ی]{3}", said.err)
    assert "Nothing" not in said.err
