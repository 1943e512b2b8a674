"""The import pages: from sending to withdrawing, without a script, and closed to strangers."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from kalantar.incidents.models import Import, Incident, Unplaced
from kalantar.kernel import jobs
from tests.incidents.conftest import HEADER, row_at, some_rows, visible

pytestmark = pytest.mark.django_db


def sent(path, name="events.csv"):
    return {"file": SimpleUploadedFile(name, path.read_bytes())}


def columns(form) -> dict:
    """What a browser would send back unchanged."""
    return {name: form[name].value() or "" for name in form.fields}


def page(client, batch):
    return client.get(reverse("incidents:import", args=[batch.uid]))


def test_a_file_is_sent_read_checked_loaded_and_withdrawn(ground, analyst, client_of, write):
    client = client_of(analyst)
    bad = row_at(ground[0], on="1402/12/30")
    lost = row_at(ground[0])
    lost[2] = "52.9"
    there = client.post(reverse("incidents:imports"), sent(write([*some_rows(ground[:4], 12), bad, lost])))
    batch = Import.objects.get()
    assert there.status_code == 302
    assert there.url == reverse("incidents:import", args=[batch.uid])
    form = page(client, batch).context["form"]
    assert form["c_date"].value() == "date"
    assert form["c_place_kind"].value() == "place kind"
    there = client.post(reverse("incidents:import_columns", args=[batch.uid]), columns(form))
    assert there.status_code == 302
    seen = page(client, batch)
    assert len(seen.context["preview"]) == 14
    assert seen.context["preview"][12]["errors"]
    assert seen.context["preview"][13]["outside"]
    assert client.post(reverse("incidents:import_check", args=[batch.uid])).status_code == 302
    seen = page(client, batch)
    assert [n for _, n in seen.context["report"]["counts"]] == [14, 12, 1, 0, 1]
    assert visible() == (0, 0, 0), "a check keeps nothing"
    errors = b"".join(client.get(reverse("incidents:import_errors", args=[batch.uid])).streaming_content).decode(
        "utf-8-sig"
    )
    assert "1402/12/30" in errors
    assert errors.splitlines()[1].startswith("14,date,")
    assert b"".join(client.get(reverse("incidents:import_errors_xlsx", args=[batch.uid])).streaming_content).startswith(
        b"PK"
    )
    client.post(reverse("incidents:import_load", args=[batch.uid]))
    assert b"progress" in page(client, batch).content
    jobs.run_due()
    assert visible() == (12, 12, 1)
    seen = page(client, batch)
    assert seen.status_code == 200
    assert seen.context["batch"].state == Import.LIVE
    assert client.post(reverse("incidents:import_withdraw", args=[batch.uid]), {"reason": ""}).status_code == 422
    assert (
        client.post(reverse("incidents:import_withdraw", args=[batch.uid]), {"reason": "wrong year"}).status_code == 302
    )
    assert visible() == (0, 0, 0)
    jobs.run_due()
    seen = page(client, batch)
    assert seen.context["batch"].state == Import.SWEPT
    assert "wrong year" in seen.content.decode()
    assert not Incident.objects.exists()


def test_the_report_says_of_each_kind_of_note_whether_its_rows_come_in(ground, analyst, client_of, write):
    """A row whose kind of place is not known comes in; only the other is counted as left out."""
    client = client_of(analyst)
    rows = [row_at(ground[0]), row_at(ground[0], kind="spaceship"), row_at(ground[0], on="1402/12/30")]
    client.post(reverse("incidents:imports"), sent(write(rows)))
    batch = Import.objects.get()
    client.post(reverse("incidents:import_columns", args=[batch.uid]), columns(page(client, batch).context["form"]))
    client.post(reverse("incidents:import_check", args=[batch.uid]))
    report = page(client, batch).context["report"]
    assert dict(report["counts"])["کنار گذاشته شده به علت خطا"] == 1
    assert sorted(error["row"] for error in report["errors"]) == ["با این حال وارد می‌شود", "کنار گذاشته می‌شود"]


def test_columns_of_persons_wait_for_a_persons_agreement(ground, analyst, client_of, write):
    client = client_of(analyst)
    client.post(
        reverse("incidents:imports"),
        sent(write([[*row, "x"] for row in some_rows(ground[:4], 5)], [*HEADER, "نام شاکی"])),
    )
    batch = Import.objects.get()
    seen = page(client, batch)
    assert "نام شاکی" in seen.content.decode()
    assert seen.context["left_out"]
    form = columns(seen.context["form"])
    form.pop("leave_out")
    assert client.post(reverse("incidents:import_columns", args=[batch.uid]), form).status_code == 422
    assert (
        client.post(reverse("incidents:import_columns", args=[batch.uid]), form | {"leave_out": "on"}).status_code
        == 302
    )
    assert client.post(reverse("incidents:import_check", args=[batch.uid])).status_code == 302
    assert page(client, batch).context["report"]["good"]


def test_a_broken_file_is_answered_above_the_form(ground, analyst, client_of, tmp_path):
    (tmp_path / "x.csv").write_bytes(b"<html><table></table></html>")
    answer = client_of(analyst).post(reverse("incidents:imports"), sent(tmp_path / "x.csv"))
    assert answer.status_code == 422
    assert answer.context["form"].errors["file"]
    assert not Import.objects.exists()


def test_the_same_file_twice_is_said_before_any_work(ground, analyst, client_of, write, bring):
    path = write(some_rows(ground[:4], 5))
    first = bring(path, by=analyst)
    client = client_of(analyst)
    client.post(reverse("incidents:imports"), sent(path))
    assert page(client, Import.objects.exclude(pk=first.pk).get()).context["again"] == first


def test_a_contradicting_choice_of_columns_is_answered_in_the_form(ground, analyst, client_of, write):
    client = client_of(analyst)
    client.post(reverse("incidents:imports"), sent(write(some_rows(ground[:4], 5))))
    batch = Import.objects.get()
    form = columns(page(client, batch).context["form"])
    for change, status in (
        ({"c_lat": ""}, 422),
        ({"c_date": ""}, 422),
        ({"c_time": "date"}, 422),
        ({"crs": "EPSG:nonsense"}, 302),
    ):
        assert client.post(reverse("incidents:import_columns", args=[batch.uid]), form | change).status_code == status
    assert page(client, batch).context["preview_refused"]
    assert client.post(reverse("incidents:import_check", args=[batch.uid])).status_code == 422


def test_a_row_that_waits_is_placed_or_set_aside(ground, analyst, client_of, write, bring):
    lost = [
        row_at(ground[0], ref=str(i), type=["T-SHOP", "A-SERIOUS"][i], kind=["shop", "dwelling"][i], place=f"کوچه {i}")
        for i in range(2)
    ]
    for row in lost:
        row[2] = "52.9"
    bring(write([*some_rows(ground[:4], 3), *lost]), by=analyst)
    client = client_of(analyst)
    text = client.get(reverse("incidents:to_fix")).content.decode()
    assert "کوچه 0" in text or "کوچه ۰" in text
    assert not {"کوچه 1", "کوچه ۱"} & set(re.findall(r"کوچه .", text)), "R14: a dwelling of violence is not listed"
    one, two = Unplaced.objects.order_by("pk")
    assert client.get(reverse("incidents:fix", args=[one.pk])).status_code == 200
    assert client.post(reverse("incidents:fix", args=[one.pk]), {"beat": ground[-1].pk}).status_code == 422, (
        "a beat of the other station"
    )
    assert client.post(reverse("incidents:fix", args=[one.pk]), {"beat": ground[1].pk}).status_code == 302
    assert client.post(reverse("incidents:fix", args=[two.pk]), {"reason": ""}).status_code == 422
    assert client.post(reverse("incidents:fix", args=[two.pk]), {"reason": "not here"}).status_code == 302
    assert visible()[:2] == (4, 4)
    assert not Unplaced.objects.waiting().exists()
    assert client.get(reverse("incidents:fix", args=[one.pk])).status_code == 404


def test_strangers_find_nothing_and_other_posts_are_told_why(
    ground, analyst, other_chief, patrol_officer, client_of, write, bring
):
    batch = bring(write(some_rows(ground[:4], 3)), by=analyst)
    for name in ("import", "import_map", "import_errors"):
        assert client_of(other_chief).get(reverse(f"incidents:{name}", args=[batch.uid])).status_code == 404
    for name in ("import_columns", "import_check", "import_load", "import_withdraw", "import_discard"):
        assert (
            client_of(other_chief).post(reverse(f"incidents:{name}", args=[batch.uid]), {"reason": "x"}).status_code
            == 404
        )
    assert client_of(patrol_officer).get(reverse("incidents:imports")).status_code == 422
    assert (
        client_of(patrol_officer)
        .post(reverse("incidents:import_withdraw", args=[batch.uid]), {"reason": "x"})
        .status_code
        == 422
    )
    assert visible()[0] == 3


@pytest.mark.parametrize("language", ["fa", "en"])
def test_every_page_of_an_import_stands_in_both_languages(ground, analyst, client_of, write, bring, language):
    client = client_of(analyst)
    client.cookies["language"] = language
    lost = row_at(ground[0])
    lost[2] = "52.9"
    live = bring(write([*some_rows(ground[:4], 3), lost, row_at(ground[0], on="x")]), by=analyst)
    client.post(reverse("incidents:imports"), sent(write(some_rows(ground[:4], 3), name="b.csv")))
    waiting = Import.objects.exclude(pk=live.pk).get()
    for address in (
        reverse("incidents:imports"),
        reverse("incidents:import", args=[live.uid]),
        reverse("incidents:import", args=[waiting.uid]),
        reverse("incidents:to_fix"),
        reverse("incidents:fix", args=[Unplaced.objects.get().pk]),
    ):
        answer = client.get(address)
        assert answer.status_code == 200
        assert f'lang="{language}"' in answer.content.decode()


def test_the_lists_cost_the_same_for_one_row_and_for_thirty(
    ground, analyst, client_of, write, bring, django_assert_max_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = client_of(analyst)

    def cost(address):
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address).status_code == 200
        return len(asked)

    lost = [row_at(ground[0], ref=str(i)) for i in range(30)]
    for row in lost:
        row[2] = "52.9"
    bring(write([*some_rows(ground[:4], 40), lost[0]], name="a.csv"), by=analyst)
    few = [cost(reverse(f"incidents:{name}")) for name in ("imports", "to_fix")]
    bring(write([*some_rows(ground[:4], 2), *lost[1:]], name="b.csv"), by=analyst)
    many = [cost(reverse(f"incidents:{name}")) for name in ("imports", "to_fix")]
    assert few == many
    assert max(many) <= 12


def test_the_morning_says_what_waits_and_what_failed(ground, analyst, write, bring, statements):
    from datetime import timedelta

    from kalantar.incidents import lines
    from kalantar.kernel import clock

    today = clock.today()
    yesterday = (today - timedelta(days=1)).isoformat()
    lost = row_at(ground[0])
    lost[2] = "52.9"
    bring(write([row_at(ground[0], on=yesterday), lost]), by=analyst)
    failed = bring(write([row_at(ground[0], on="x")]), by=analyst)
    assert failed.state == Import.FAILED
    Import.objects.filter(state=Import.LIVE).update(live_at=clock.now() - timedelta(days=5))
    found = lines.lines(analyst, today)
    assert [(line.heading, line.n) for line in found] == [("changed", 1), ("late", 1), ("late", 1)]
    assert statements(lines.lines, analyst, today) <= 2
