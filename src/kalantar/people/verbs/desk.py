"""In and out, the desk lock and its PIN, what was being written, what was told."""

from __future__ import annotations

import json

from django.contrib.auth.hashers import check_password, make_password

from kalantar.kernel import audit, clock, keys
from kalantar.kernel.change import Refused, insist, move, verb
from kalantar.kernel.models import OutboxLine

from .. import rules
from ..actors import OfficerActor
from ..models import Draft, Officer
from .throttle import throttled


@verb
def set_pin(pin: str, *, by: OfficerActor) -> Officer:
    """Six digits that open one's own locked desk, and nothing else."""
    insist(rules.pin_refusal(pin), field="pin")
    officer = move(Officer.objects.get(pk=by.officer_id), pin=make_password(pin))
    audit.record("desk.pin_set", officer, by=by)
    return officer


@verb
def sign_in(*, by: OfficerActor, second_factor: str) -> Officer:
    """A colleague is in. `second_factor` says how: totp, card or none."""
    audit.record("officer.signed_in", by.officer, by=by, second_factor=second_factor)
    return by.officer


@verb
def sign_out(*, by: OfficerActor, why: str = "asked") -> None:
    """A colleague is out: asked, over or pin."""
    audit.record("officer.signed_out", by.officer, by=by, why=why)


@verb
def lock(*, by: OfficerActor, why: str = "asked") -> None:
    """The desk is locked: asked or idle."""
    audit.record("desk.locked", by.officer, by=by, why=why)


@throttled("pin", tries=rules.PIN_TRIES, over="pin_tries_over")
@verb
def unlock(pin: str, *, by: OfficerActor) -> None:
    """The PIN, or the password where no PIN was set. After five wrong ones only a full sign-in helps."""
    officer = Officer.objects.get(pk=by.officer_id)
    if not check_password(pin, officer.pin or officer.password):
        raise Refused("pin_wrong", field="pin")
    audit.record("desk.unlocked", officer, by=by)


def page_key(page: str) -> str:
    """An address as the key of a draft; a long or an odd one by its digest."""
    return page if len(page) <= 80 and page.isprintable() else keys.mac("page", page)


@verb
def keep_draft(page: str, content: dict, *, by: OfficerActor) -> Draft:
    """What somebody was writing on a page, sealed. A later one of the same page replaces it."""
    sealed = keys.seal(json.dumps({"page": page, "content": content}, ensure_ascii=False).encode())
    if len(sealed) > 400_000:
        raise Refused("draft_too_long")
    draft, _ = Draft.objects.update_or_create(
        officer_id=by.officer_id, page=page_key(page), defaults={"sealed": sealed, "at": clock.wall()}
    )
    audit.record("draft.kept", draft, by=by, chain=audit.PROVINCE)
    return draft


def read_draft(draft: Draft) -> tuple[str, dict]:
    kept = json.loads(keys.open_(draft.sealed))
    return kept["page"], kept["content"]


@verb
def take_draft(page: str, *, by: OfficerActor) -> dict | None:
    """Give a draft back to its writer, and forget it."""
    draft = Draft.objects.filter(officer_id=by.officer_id, page=page_key(page)).first()
    audit.record("draft.taken", draft or "people.draft:none", by=by, chain=audit.PROVINCE)
    if draft is None:
        return None
    content = read_draft(draft)[1]
    draft.delete()
    return content


@verb
def drop_draft(page: str, *, by: OfficerActor) -> None:
    """The writer does not need it any more."""
    Draft.objects.filter(officer_id=by.officer_id, page=page_key(page)).delete()
    audit.record("draft.dropped", f"people.officer:{by.officer_id}", by=by)


@verb
def read_inbox(*, by: OfficerActor, up_to: int | None = None) -> int:
    """One's own messages are read: all, or those not newer than the newest one shown."""
    lines = OutboxLine.objects.filter(to_id=by.officer_id, read_at=None)
    if up_to is not None:
        lines = lines.filter(pk__lte=up_to)
    n = lines.update(read_at=clock.now())
    audit.record("inbox.read", f"people.officer:{by.officer_id}", by=by, n=n)
    return n
