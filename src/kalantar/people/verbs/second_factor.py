"""The device and the printed card."""

from __future__ import annotations

import io
import secrets

import pyotp
import segno

from kalantar.kernel import audit, clock, installation, keys
from kalantar.kernel.change import Refused, move, verb

from .. import rules
from ..actors import OfficerActor
from ..models import CodeCard, Officer
from .throttle import throttled


@verb
def set_up_totp(*, by: OfficerActor) -> str:
    """A new secret for the colleague's own device, waiting to be confirmed. Returns it in base 32, to be shown once."""
    officer = Officer.objects.get(pk=by.officer_id)
    secret = pyotp.random_base32()
    move(officer, totp_new=keys.seal(secret.encode()))
    audit.record("second_factor.begun", officer, by=by)
    return secret


def secret_being_set_up(officer: Officer) -> str:
    """The secret that waits to be confirmed, in base 32; "" when none does."""
    return keys.open_(officer.totp_new).decode() if officer.totp_new is not None else ""


def address_being_set_up(officer: Officer) -> str:
    """The same as the address that a device reads from a picture."""
    secret = secret_being_set_up(officer)
    return (
        pyotp.TOTP(secret).provisioning_uri(name=officer.username, issuer_name=installation.current().name_en)
        if secret
        else ""
    )


def picture_being_set_up(officer: Officer) -> bytes:
    """That address as a picture: SVG, made here and fetched by no one else. Empty when nothing waits."""
    address = address_being_set_up(officer)
    if not address:
        return b""
    picture = io.BytesIO()
    segno.make(address, error="m").save(
        picture,
        kind="svg",
        border=4,
        omitsize=True,
        xmldecl=False,
        svgclass=None,
        lineclass=None,
        dark="#000",
        light="#fff",
    )
    return picture.getvalue()


def _matching_step(secret: str, code: str, after: int) -> int | None:
    """The time step a code belongs to, within one step of now and newer than the last one used."""
    totp, now = pyotp.TOTP(secret, interval=rules.TOTP_STEP_S), int(clock.wall().timestamp()) // rules.TOTP_STEP_S
    for step in range(now - rules.TOTP_WINDOW, now + rules.TOTP_WINDOW + 1):
        if secrets.compare_digest(totp.generate_otp(step).encode(), code.encode()) and step > after:
            return step
    return None


@throttled("new device", tries=rules.CODE_TRIES, over="code_wrong")
@verb
def confirm_totp(code: str, *, by: OfficerActor) -> Officer:
    """The device shows the right code: from now on it is asked at every sign-in."""
    officer = Officer.objects.get(pk=by.officer_id)
    if officer.totp_new is None:
        raise Refused("not_from_this_state")
    step = _matching_step(keys.open_(officer.totp_new).decode(), code, 0)
    if step is None:
        raise Refused("code_wrong", field="code")
    move(officer, totp=officer.totp_new, totp_new=None, totp_last=step)
    audit.record("second_factor.set", officer, by=by)
    return officer


@verb
def print_code_card(*, by: OfficerActor) -> list[str]:
    """Ten new codes for paper; the old card is dead. They are returned once, only their digests stay."""
    codes = [f"{secrets.randbelow(10**rules.CARD_DIGITS):0{rules.CARD_DIGITS}d}" for _ in range(rules.CARD_CODES)]
    officer = Officer.objects.get(pk=by.officer_id)
    move(officer)
    CodeCard.objects.filter(officer=officer).delete()
    CodeCard.objects.bulk_create(
        [
            CodeCard(officer=officer, position=n, digest=keys.mac("card", f"{officer.pk} {code}"))
            for n, code in enumerate(codes, 1)
        ]
    )
    audit.record("second_factor.card_printed", officer, by=by)
    return codes


@throttled("code", tries=rules.CODE_TRIES, over="code_wrong")
@verb
def use_second_factor(code: str, *, by: OfficerActor) -> str:
    """A code of the device or of the card; each opens once. Returns which of the two it was."""
    officer = Officer.objects.get(pk=by.officer_id)
    if officer.totp is not None:
        step = _matching_step(keys.open_(officer.totp).decode(), code, officer.totp_last)
        if step is not None and Officer.objects.filter(pk=officer.pk, totp_last__lt=step).update(totp_last=step):
            audit.record("second_factor.used", officer, by=by, kind="totp")
            return "totp"
    if CodeCard.objects.filter(officer=officer, digest=keys.mac("card", f"{officer.pk} {code}"), used_at=None).update(
        used_at=clock.wall()
    ):
        audit.record("second_factor.used", officer, by=by, kind="card")
        return "card"
    raise Refused("code_wrong", field="code")
