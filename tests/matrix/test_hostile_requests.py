"""What a page may not do: change something when it is looked at, act without its form, run what somebody typed."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import transaction
from django.test import Client

from kalantar.kernel.models import AuditLine
from tests.matrix.matrix import LINES
from tests.matrix.objects import OBJECTS
from tests.matrix.world import OURS, _may_hold_canary, address_of, outcome, station_of

pytestmark = pytest.mark.django_db
TYPED = "'\"><b zq>"  # short enough for every field, and enough to break out of a text, an attribute or a title
LIVE, SAFE = "<b zq>", "&lt;b zq&gt;"
GETS = sorted(name for name, method in LINES if method == "GET")
PRESSES = sorted(name for name, method in LINES if method == "POST")
SILENT = {"web:language", "web:theme", "people:sign_in", "people:second_factor", "people:join", "people:join_code"}


def arguments(line, side) -> dict:
    return OBJECTS[line.on].arguments(side.of(line.on)) if line.on else {}


def rows() -> dict[str, int]:
    return {m._meta.label: m._base_manager.count() for m in apps.get_models() if m._meta.app_label in OURS}


def test_looking_at_a_page_changes_nothing(world):
    changed = []
    for name in GETS:
        line = LINES[name, "GET"]
        for who in ("station_chief", "province_commander", "outside_overseer"):
            with transaction.atomic():
                before = rows()
                client = world.client(who)
                client.get(address_of(line, arguments(line, world.own)))
                after = rows()
                transaction.set_rollback(True)
            changed += [f"GET {name} by {who}: {label}" for label in before if before[label] != after[label]]
    assert [c for c in changed if not c.endswith("kernel.Limit")] == []


def test_no_press_counts_without_its_form(world):
    through = []
    for name in PRESSES:
        line = LINES[name, "POST"]
        client = Client(enforce_csrf_checks=True, raise_request_exception=False)
        client.cookies = world.client("station_chief").cookies.copy()
        with transaction.atomic():
            answer = client.post(address_of(line, arguments(line, world.own)), line.data)
            transaction.set_rollback(True)
        if answer.status_code != 403:
            through.append(f"{name}: {answer.status_code}")
    assert through == []


def test_what_was_done_is_told_and_what_was_refused_is_not_told_as_done(world):
    wrong = []
    for name in PRESSES:
        line = LINES[name, "POST"]
        for who in ("station_chief", "analyst", "province_commander"):
            with transaction.atomic():
                before = AuditLine.objects.count()
                answer = world.client(who).post(address_of(line, arguments(line, world.own)), line.data)
                lines = list(AuditLine.objects.order_by("pk").values_list("what", flat=True)[before:])
                transaction.set_rollback(True)
            said = outcome(answer)
            done = [what for what in lines if not what.endswith("refused")]
            if said == "ok" and not done and name not in SILENT:
                wrong.append(f"{name} by {who}: done and not told")
            if said != "ok" and done and not line.ends_session:
                wrong.append(f"{name} by {who}: {said}, and yet told {done}")
        world._clients.clear()  # some presses end or lock the session they were made in
    assert wrong == []


def planted(side) -> int:
    """Overwrite every text of a station's rows with something that would be markup."""
    n = 0
    for model in apps.get_models():
        if model._meta.app_label not in OURS or model._meta.proxy:
            continue
        fields = [f for f in model._meta.concrete_fields if _may_hold_canary(f) and _takes(f)]
        for row in model._base_manager.all() if fields else ():
            if station_of(row) == side.station.pk:
                written = {f.attname: TYPED for f in fields if getattr(row, f.attname)}
                model._base_manager.filter(pk=row.pk).update(**written)
                n += len(written)
    return n


def _takes(field) -> bool:
    return not field.unique and (field.max_length or 100) >= len(TYPED)


def test_what_somebody_typed_stays_text_on_every_page(world):
    live, seen = [], set()
    with transaction.atomic():
        assert planted(world.own) > 15
        for name in GETS:
            line = LINES[name, "GET"]
            for who in ("station_chief", "province_commander"):
                answer = world.client(who).get(address_of(line, arguments(line, world.own)))
                text = b"".join(answer.streaming_content) if getattr(answer, "streaming", False) else answer.content
                text = text.decode("utf-8", "replace")
                if LIVE in text:
                    live.append(f"{name} by {who}: {text[max(0, text.index(LIVE) - 80) : text.index(LIVE) + 20]}")
                if SAFE in text:
                    seen.add(name)
        transaction.set_rollback(True)
    world._clients.clear()
    assert live == []
    assert {"people:colleagues", "incidents:list", "incidents:imports", "territory:beats", "overview:area"} <= seen
