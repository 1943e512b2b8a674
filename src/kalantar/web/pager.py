"""Long lists in pages that keep their place: the next page begins after a row, not after a number of rows.

So a page costs the same at the start and at the end of two million rows, and nothing jumps while rows are added.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from . import show

OLDER, NEWER = "older", "newer"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Page:
    """Rows of one page and the addresses of its neighbours ("" where there is none)."""

    rows: list
    newer_url: str
    older_url: str
    total: int | None
    total_text: str
    range_text: str

    def __iter__(self):
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def page(
    request,
    queryset: QuerySet,
    *,
    order: tuple[str, str] = ("occurred_from", "id"),
    size: int = 50,
    limit: int = 10_000,
    ascending: bool = False,
    total: int | None = None,
    counted: bool = True,
) -> Page:
    """One page of a queryset, newest first unless `ascending`. Costs one statement, and one more to count.

    order : a field that is never empty, then one that is unique; an index over both makes each page cheap.
    total : the count, where the caller has it already; with counted=False none is asked or shown.
    """
    place = _read(queryset.model, order[0], request.GET.get(OLDER)) or _read(
        queryset.model, order[0], request.GET.get(NEWER)
    )
    back = bool(place) and not _read(queryset.model, order[0], request.GET.get(OLDER))
    downward = ascending if back else not ascending
    signs = ["-" if downward else ""] * 2
    wanted = queryset.order_by(*(sign + field for sign, field in zip(signs, order, strict=True)))
    if place:
        wanted = wanted.filter(_beyond(order, place, "lt" if downward else "gt"))
    rows = list(wanted[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    if back:
        rows.reverse()
    if total is None and counted:
        total = queryset.order_by()[: limit + 1].count()
    has_newer, has_older = (more, True) if back else (bool(place), more)
    return Page(
        rows=rows,
        newer_url=_url(request, NEWER, order[0], rows[0]) if rows and has_newer else "",
        older_url=_url(request, OLDER, order[0], rows[-1]) if rows and has_older else "",
        total=total,
        total_text=show.count(total, limit) if total is not None else "",
        range_text=_range(rows, order[0]),
    )


def edge(request) -> tuple[datetime | None, bool]:
    """The moment at which the asked page of a list by time begins, and whether it goes back to newer rows."""
    older, newer = (_moment(request.GET.get(name)) for name in (OLDER, NEWER))
    return older or newer, older is None and newer is not None


def _moment(text) -> datetime | None:
    try:
        value, _pk = (int(part) for part in (text or "").split("."))
        return EPOCH + value * MICROSECOND
    except (ValueError, OverflowError):
        return None


def _beyond(order, place, sign) -> Q:
    """After a place, written so that the index is entered at it."""
    first, second = order
    value, pk = place
    edge = Q(**{f"{first}__{sign}e": value})
    return edge & (Q(**{f"{first}__{sign}": value}) | Q(**{first: value, f"{second}__{sign}": pk}))


def _read(model, field, text):
    """The place a cursor names; None for anything unreadable, which simply opens the first page."""
    try:
        value, pk = (int(part) for part in (text or "").split("."))
        kind = model._meta.get_field(field).get_internal_type()
        if kind == "DateTimeField":
            return EPOCH + value * MICROSECOND, pk
        if kind == "DateField":
            return date.fromordinal(value), pk
        return value, pk
    except (ValueError, OverflowError):
        return None


def _write(value) -> int:
    if isinstance(value, datetime):
        return (value - EPOCH) // MICROSECOND
    return value.toordinal() if isinstance(value, date) else int(value)


def _url(request, side, field, row) -> str:
    address = request.GET.copy()
    for name in (OLDER, NEWER):
        address.pop(name, None)
    address[side] = f"{_write(getattr(row, field))}.{row.pk}"
    return f"{request.path}?{address.urlencode()}"


def _range(rows, field) -> str:
    if not rows or not isinstance(getattr(rows[0], field), date):
        return ""
    return _("Rows from %(first)s to %(last)s") % {
        "first": show.day(getattr(rows[0], field)),
        "last": show.day(getattr(rows[-1], field)),
    }
