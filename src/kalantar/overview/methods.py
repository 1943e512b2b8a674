"""How each finding was made, its limits and its published source, in words for the finding's own page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from kalantar.incidents.models import Finding
from kalantar.web.show import day, digits


@dataclass(frozen=True)
class Method:
    text: str
    limits: str
    source: str


def method(finding: Finding) -> Method:
    return METHODS[finding.kind](finding)


def _rise(finding: Finding) -> Method:
    names = {
        "season_and_trend": _(
            "The count of 4 weeks is compared with its own past, with the season, the trend and the usual spread taken into account."
        ),
        "one_season": _("The count of 4 weeks is compared with its own past, with the season taken into account."),
        "short_history": _(
            "The past is too short for seasons; the count of 4 weeks is compared with the pooled past and its usual spread."
        ),
    }
    text = names.get(finding.method.partition("/")[2], names["short_history"])
    return Method(
        text,
        _("A change in how events are recorded looks like a rise. Ask first whether recording changed."),
        "Noufaily et al. (2013), Statistics in Medicine 32, 1206-1222; Benjamini and Hochberg (1995), JRSS B 57, 289-300.",
    )


def _high(finding: Finding) -> Method:
    return Method(
        _(
            "The beat's year is compared with all beats on the same ground; limits widen where beats differ by more than chance."
        ),
        _(
            "Ground is a poor measure where homes, shops or visitors differ. A high level asks for a look, it is no blame."
        ),
        "Spiegelhalter (2005), Statistics in Medicine 24, 1185-1202.",
    )


def _hot(finding: Finding) -> Method:
    return Method(
        _(
            "Squares of 250 metres; each with its neighbours is compared with what the same events would give on any squares. The p-value is exact."
        ),
        _(
            "Where nothing can happen, such as water or a rail yard, the neighbours look hotter than they are. No square is the address of a person."
        ),
        "Ord and Getis (1995), Geographical Analysis 27, 286-306; Benjamini and Yekutieli (2001), Annals of Statistics 29, 1165-1188.",
    )


def _repeat(finding: Finding) -> Method:
    return Method(
        _(
            "Among three years of events at this spot, so many in the last 90 days is compared with everybody's share of those days."
        ),
        _("Places rounded to a block look like one spot. Dwellings are never in this list."),
        "Farrell and Pease (1993), Once Bitten, Twice Bitten; Przyborowski and Wilenski (1940), Biometrika 31, 313-323.",
    )


def _too_few(finding: Finding) -> Method:
    if finding.method == "rise/ended":
        return Method(
            _(
                "The weeks without a record are compared with the past of this type, from below. "
                "Only a silence seen less than once in 10,000 times is told, while records of other types go on."
            ),
            _("The records cannot tell whether events stopped or only their recording."),
            "Noufaily et al. (2013), Statistics in Medicine 32, 1206-1222.",
        )
    return Method(
        _("Each beat and type with a past too short or counts too low is left out before anything is compared."),
        _("Silence here is not safety."),
        "Noufaily et al. (2013), Statistics in Medicine 32, 1206-1222.",
    )


METHODS = {
    Finding.RISE: _rise,
    Finding.HIGH: _high,
    Finding.HOT: _hot,
    Finding.REPEAT: _repeat,
    Finding.TOO_FEW: _too_few,
}


def numbers(finding: Finding) -> list[tuple[str, str]]:
    """The finding's figures for its own page, each with its name."""
    r = finding.result
    rows: list[tuple[str, str]] = []
    if "from_on" in r:
        first, last = (day(date.fromisoformat(r[end])) for end in ("from_on", "to_on"))
        rows.append((_("Period"), _("%(first)s to %(last)s") % {"first": first, "last": last}))
    if "count" in r:
        rows.append((_("Counted"), digits(r["count"])))
    if "expected" in r:
        rows.append((_("Expected"), digits(float(r["expected"]), 1)))
    if "low" in r:
        rows.append((_("Usual range"), _("%(low)s to %(high)s") % {"low": digits(r["low"]), "high": digits(r["high"])}))
    if "shrunk" in r:
        rows.append((_("Times like beats, cautious"), digits(r["shrunk"], 1)))
    if "n" in r:
        rows.append((_("Events"), digits(r["n"])))
    if r.get("comparisons"):
        rows.append((_("Comparisons"), digits(r["comparisons"])))
    rows.append((_("Made for the morning of"), day(finding.on)))
    return rows
