"""Findings in words (DOMAIN section 10): the count, the usual range, how rare it would be, the comparisons corrected for.

Never "probability of chance": what is said is how often such a number would be seen if nothing had changed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kalantar.incidents.models import Finding
from kalantar.territory import names
from kalantar.web import charts
from kalantar.web.show import day, day_month, digits
from kalantar.web.words import word


@dataclass(frozen=True)
class Said:
    """A finding as the page's partial takes it."""

    kind: str
    title: str
    text: str
    id: str = ""
    url: str = ""
    more: str = ""
    spark: SafeString = field(default_factory=lambda: SafeString(""))
    first: date | None = None
    last: date | None = None


def say(finding: Finding) -> Said:
    """One finding in the reader's language."""
    return SAY[finding.kind](finding)


def rarity(p: float) -> str:
    """How often such a number would be seen if nothing had changed, rounded upwards so that it is never made rarer than it is."""
    for base in (100, 1000, 10_000, 100_000):
        times = p * base
        if times >= 1:
            times = math.ceil(times - 1e-9)
            return ngettext(
                "If nothing had changed, such a number would be seen about %(times)s time in %(base)s.",
                "If nothing had changed, such a number would be seen about %(times)s times in %(base)s.",
                times,
            ) % {"times": digits(times), "base": digits(base)}
    return _("If nothing had changed, such a number would be seen less than once in %(base)s times.") % {
        "base": digits(100_000)
    }


def compared(n: int) -> str:
    return ngettext(
        "Corrected for %(n)s comparison of this morning, it still stands.",
        "Corrected for %(n)s comparisons of this morning, it still stands.",
        n,
    ) % {"n": digits(n)}


def place_of(finding: Finding) -> str:
    """The beat by name, or the whole area."""
    return beat_name(finding.beat) if finding.beat_id else _("the whole area")


def beat_name(beat) -> str:
    return names.title(beat)


def type_name(finding: Finding) -> str:
    assert finding.type is not None  # only the sentence about too few events has no type
    return word("incident_type", finding.type.code)


def span(result: dict) -> str:
    return _("%(first)s to %(last)s") % {
        "first": day_month(date.fromisoformat(result["from_on"])),
        "last": day(date.fromisoformat(result["to_on"])),
    }


def _link(finding: Finding) -> dict:
    return {
        "id": f"finding-{finding.pk}",
        "url": reverse("overview:finding", args=[finding.pk]),
        "more": _("Numbers and method"),
    }


def _rise(finding: Finding) -> Said:
    r = finding.result
    title = _("%(type)s in %(place)s: more than usual.") % {"type": type_name(finding), "place": place_of(finding)}
    counted = _("%(n)s in 4 weeks; usually %(low)s to %(high)s.") % {
        "n": digits(r["count"]),
        "low": digits(r["low"]),
        "high": digits(r["high"]),
    }
    last = date.fromisoformat(r["to_on"])
    label = _("4-week counts, the last one %(n)s; usually %(low)s to %(high)s") % {
        "n": digits(r["count"]),
        "low": digits(r["low"]),
        "high": digits(r["high"]),
    }
    return Said(
        finding.kind,
        title,
        f"{counted} {rarity(r['p'])} {compared(r['comparisons'])}",
        spark=charts.spark(r["series"], low=r["low"], high=r["high"], label=label),
        first=last - timedelta(days=28 * len(r["series"])),
        last=last,
        **_link(finding),
    )


def _high(finding: Finding) -> Said:
    r = finding.result
    title = _("%(type)s in %(place)s: always higher than in like beats.") % {
        "type": type_name(finding),
        "place": place_of(finding),
    }
    text = _(
        "%(n)s in a year, %(rate)s to a square kilometre; like beats have %(like)s. Usually %(low)s to %(high)s on this ground. "
        "Homes, vehicles and shops are not known here, so the ground itself is the measure."
    ) % {
        "n": digits(r["count"]),
        "rate": digits(r["rate"], 1),
        "like": digits(r["like"], 1),
        "low": digits(r["low"]),
        "high": digits(r["high"]),
    }
    return Said(finding.kind, title, f"{text} {compared(r['comparisons'])}", **_link(finding))


def _hot(finding: Finding) -> Said:
    r = finding.result
    title = ngettext(
        "%(type)s: %(n)s spot with more than expected.", "%(type)s: %(n)s spots with more than expected.", r["clusters"]
    ) % {"type": type_name(finding), "n": digits(r["clusters"])}
    top = max(r["cells"], key=lambda cell: cell["around"])
    text = _(
        "%(events)s in 90 days may be drawn. The busiest spot has %(n)s within 375 metres; usually %(low)s to %(high)s if they fell anywhere."
    ) % {"events": digits(r["n"]), "n": digits(top["around"]), "low": digits(top["low"]), "high": digits(top["high"])}
    return Said(finding.kind, title, f"{text} {compared(r['comparisons'])}", **_link(finding))


def _repeat(finding: Finding) -> Said:
    r = finding.result
    where = r["place"] or _("%(kind)s in %(place)s") % {
        "kind": word("place_kind", r["place_kind"]),
        "place": place_of(finding),
    }
    title = ngettext(
        "%(type)s, %(where)s: %(n)s time in 90 days.", "%(type)s, %(where)s: %(n)s times in 90 days.", r["count"]
    ) % {
        "type": type_name(finding),
        "where": where,
        "n": digits(r["count"]),
    }
    text = _("%(total)s in 3 years at this spot, so about %(expected)s would be expected in 90 days.") % {
        "total": digits(r["total"]),
        "expected": digits(r["expected"], 1),
    }
    on, days = finding.on, finding.parameters["days"]
    at = [1 - (on - date.fromisoformat(d)).days / days for d in r["dates"]]
    return Said(
        finding.kind,
        title,
        f"{text} {rarity(r['p'])} {compared(r['comparisons'])}",
        spark=charts.dots(at, label=title),
        first=on - timedelta(days=days),
        last=on,
        **_link(finding),
    )


def _too_few(finding: Finding) -> Said:
    r = finding.result
    if finding.method == "rise/no_data":
        return Said(
            "too_few",
            _("No event is recorded for this area yet."),
            _("Without events nothing can be said. That is not safety."),
        )
    if finding.method == "rise/ended":
        return Said(
            "too_few",
            _("%(type)s: the records end on %(day)s.")
            % {"type": type_name(finding), "day": day(date.fromisoformat(r["last_on"]))},
            _(
                "Before that there were about %(n)s in 4 weeks. No records are no fall: nothing is compared until they go on. "
                "Please ask why nothing is recorded."
            )
            % {"n": digits(round(r["usual"]))},
        )
    if not r["n"]:
        title = _("No rise beyond what is usual.")
        text = ngettext("%(n)s comparison was made.", "%(n)s comparisons were made.", r["comparisons"]) % {
            "n": digits(r["comparisons"])
        }
        return Said("too_few", title, text)
    text = ngettext(
        "For %(n)s beat and type there are too few events to find a pattern.",
        "For %(n)s beats and types there are too few events to find a pattern.",
        r["n"],
    ) % {"n": digits(r["n"])}
    return Said("too_few", text, _("Nothing is drawn or said about them."))


SAY = {
    Finding.RISE: _rise,
    Finding.HIGH: _high,
    Finding.HOT: _hot,
    Finding.REPEAT: _repeat,
    Finding.TOO_FEW: _too_few,
}
