"""Who did what: one hash chain a station and one for the province. A single chain would be a single lock."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.db import DatabaseError, transaction

from . import clock

PROVINCE = "province"
_page: ContextVar[list | None] = ContextVar("audit_page", default=None)


class NoAuditLine(RuntimeError):
    """A verb ended without saying what it did: a fault in the program, so nothing of it is kept."""


def is_open() -> bool:
    return _page.get() is not None


@contextmanager
def page() -> Iterator[None]:
    """Collect the lines of one transaction and write them last."""
    lines: list[dict] = []
    token = _page.set(lines)
    try:
        yield
        if not lines:
            raise NoAuditLine
        _write(lines)
    finally:
        _page.reset(token)


def chain_of(subject) -> str:
    """A row of a station goes to that station's chain, everything else to the province's."""
    station = getattr(subject, "station_id", None)
    return f"station:{station}" if station else PROVINCE


def name_of(subject) -> str:
    """An opaque name: model and key, never content, so that the chain survives a deletion."""
    return subject if isinstance(subject, str) else f"{subject._meta.label_lower}:{subject.pk}"


def record(what: str, subject, *, by, at: datetime | None = None, chain: str | None = None, **details) -> None:
    """Say what a verb did. Only inside a verb."""
    lines = _page.get()
    if lines is None:
        raise NoAuditLine("audit.record outside a verb")
    lines.append(
        {
            "chain": chain or chain_of(subject),
            "at": at or clock.now(),
            "what": what,
            "by": by.audit_id,
            "subject": name_of(subject),
            "details": json.loads(json.dumps(details, default=str)),
        }
    )


def tried(what: str, subject, *, by, chain: str | None = None, **details) -> None:
    """Say who tried something that was refused: its own short transaction, since the refused one is undone."""
    with transaction.atomic(), page():
        record(what, subject, by=by, chain=chain, **details)


def digest_of(
    previous: str, *, chain: str, seq: int, at: datetime, what: str, by: str, subject: str, details: dict
) -> str:
    """The link: SHA-256 over the previous link and this line in one fixed spelling."""
    spelled = json.dumps(
        [previous, chain, seq, at.astimezone(UTC).isoformat(timespec="microseconds"), what, by, subject, details],
        sort_keys=True,
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return hashlib.sha256(spelled.encode()).hexdigest()


def _write(lines: list[dict]) -> None:
    from .models import AuditHead, AuditLine

    by_chain = defaultdict(list)
    for line in lines:
        by_chain[line["chain"]].append(line)
    for chain in sorted(by_chain):  # one order for all, or two verbs could wait for each other
        head = AuditHead.objects.select_for_update().filter(chain=chain).first()
        if head is None:
            AuditHead.objects.bulk_create([AuditHead(chain=chain)], ignore_conflicts=True)
            head = AuditHead.objects.select_for_update().get(chain=chain)
        seq, previous, rows = head.seq, head.digest, []
        for line in by_chain[chain]:
            seq += 1
            digest = digest_of(previous, seq=seq, **line)
            rows.append(AuditLine(seq=seq, previous=previous, digest=digest, **line))
            previous = digest
        AuditLine.objects.bulk_create(rows)
        AuditHead.objects.filter(pk=head.pk).update(seq=seq, digest=previous)


# ---- the head leaves the building ----


def heads() -> dict[str, list]:
    """Every chain's last link, as it stands."""
    from .models import AuditHead

    return {h.chain: [h.seq, h.digest] for h in AuditHead.objects.order_by("chain")}


def code_of(heads: dict[str, list]) -> str:
    """Sixteen digits that stand for all heads: short enough for the duty book, too many to hit by trying (53 bits)."""
    spelled = json.dumps(sorted([chain, seq, digest] for chain, (seq, digest) in heads.items()), separators=(",", ":"))
    number = int.from_bytes(hashlib.sha256(spelled.encode()).digest()[:16]) % 10**16
    digits = f"{number:016d}"
    return "-".join(digits[i : i + 4] for i in range(0, 16, 4))


def stamp(on: date | None = None):
    """The day's code; the first asking of a day fixes it. The heads it stands for are kept beside it."""
    from .models import HeadCode

    on = on or clock.today()
    found = HeadCode.objects.filter(on=on).first()
    if found:
        return found
    try:
        with transaction.atomic():
            seen = heads()
            return HeadCode.objects.create(on=on, at=clock.now(), code=code_of(seen), heads=seen)
    except DatabaseError:  # somebody else stamped this day a moment ago
        return HeadCode.objects.get(on=on)


@dataclass(frozen=True)
class Fault:
    """Something that cannot have come about by verbs."""

    chain: str
    seq: int
    what: str  # line_changed, line_missing, line_out_of_place, head_differs, tail_cut, code_differs, code_unknown


def verify(outside_code: str | None = None, *, batch: int = 20_000) -> tuple[int, list[Fault]]:
    """Walk every chain. Edits, deletions, insertions and swaps are found by the links; a cut tail or a chain computed
    anew is found by the codes of earlier mornings, and surely by the one on paper (`outside_code`).

    Returns the number of lines read and the faults, at most 100 a chain.
    """
    from .models import AuditHead, AuditLine, HeadCode

    total, faults = 0, []
    links: dict[str, dict[int, str]] = {}
    wanted: dict[str, set[int]] = defaultdict(set)
    codes = list(HeadCode.objects.order_by("on"))
    for code in codes:
        for chain, (seq, _) in code.heads.items():
            wanted[chain].add(seq)
    chains = set(AuditLine.objects.values_list("chain", flat=True).distinct()) | set(
        AuditHead.objects.values_list("chain", flat=True)
    )
    for chain in sorted(chains):
        seq, previous, after = 0, "", 0
        found: list[Fault] = []
        links[chain] = {0: ""}
        while len(found) < 100:
            rows = list(AuditLine.objects.filter(chain=chain, seq__gt=after).order_by("seq")[:batch])
            if not rows:
                break
            for row in rows:
                seq += 1
                if row.seq != seq:
                    found.append(Fault(chain, seq, "line_missing"))
                    seq = row.seq
                    previous = row.previous
                if row.previous != previous:
                    found.append(Fault(chain, row.seq, "line_out_of_place"))
                if row.digest != digest_of(
                    row.previous,
                    chain=chain,
                    seq=row.seq,
                    at=row.at,
                    what=row.what,
                    by=row.by,
                    subject=row.subject,
                    details=row.details,
                ):
                    found.append(Fault(chain, row.seq, "line_changed"))
                previous = row.digest
                if row.seq in wanted[chain]:
                    links[chain][row.seq] = row.digest
            total += len(rows)
            after = rows[-1].seq
        head = AuditHead.objects.filter(chain=chain).first()
        if head is None or (head.seq, head.digest) != (seq, previous):
            found.append(Fault(chain, seq, "tail_cut" if head and head.seq > seq else "head_differs"))
        faults += found[:100]
    for code in codes:
        if code.code != code_of(code.heads):
            faults.append(Fault(f"code:{code.on}", 0, "code_differs"))
        for chain, (seq, digest) in code.heads.items():
            if links.get(chain, {}).get(seq) != digest:
                faults.append(Fault(chain, seq, "code_differs"))
    if outside_code is not None:
        digits = "".join(str(int(c)) for c in outside_code if c.isdigit())
        if not any("".join(c for c in code.code if c.isdigit()) == digits for code in codes):
            faults.append(Fault("paper", 0, "code_unknown"))
    return total, faults
