"""How long each table keeps what it holds, on which ground, and what remains. A model without a row fails a house test."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Keep:
    """`days` None: as long as the installation stands. `persons`: does it hold anything about a person?"""

    persons: str  # none, staff
    days: int | None
    ground: str
    remains: str = ""


KEEP: dict[str, Keep] = {
    "kernel.installation": Keep("none", None, "what this installation is"),
    "kernel.auditline": Keep(
        "staff", None, "lawfulness, discipline, security, court (SAFETY rule 24)", "opaque ids, no content"
    ),
    "kernel.audithead": Keep("none", None, "the chains' last links"),
    "kernel.headcode": Keep("none", None, "the codes of the duty book"),
    "kernel.job": Keep("none", 7, "done jobs tell nothing after a week"),
    "kernel.outboxline": Keep("staff", 90, "a colleague's inbox"),
    "kernel.storedfile": Keep("none", None, "dies with its owner row"),
    "kernel.counter": Keep("none", None, "running numbers"),
    "kernel.limit": Keep("none", 1, "keyed digests of a day"),
    "people.unit": Keep("none", None, "the station's structure"),
    "people.station": Keep("none", None, "the same rows as people.unit"),
    "people.officer": Keep("staff", None, "employment; disabled, never deleted, while the audit names the id"),
    "people.post": Keep("staff", None, "who held which post when"),
    "people.invite": Keep("staff", 7, "used or lapsed"),
    "people.codecard": Keep("staff", None, "digests of unused codes; replaced with the card"),
    "people.draft": Keep("staff", 7, "sealed, the writer's own"),
    "sessions.session": Keep("staff", 1, "12 hours at most"),
    "contenttypes.contenttype": Keep("none", None, "Django's list of tables"),
    "auth.permission": Keep("none", None, "Django's own; not used"),
    "auth.group": Keep("none", None, "Django's own; not used"),
}


def register(**rows: Keep) -> None:
    """A room adds its tables: `register(incidents_incident=Keep(...))`, with `_` for the first dot."""
    for name, keep in rows.items():
        KEEP[name.replace("_", ".", 1)] = keep
