"""What an answer means and what it does not, as whole sentences. One function a kind of result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kalantar.analysis.drawing import short
from kalantar.persian.digits import in_persian

from ..sentences import language, say
from ..sentences import marked as _
from .words import day, told

AT = 0.05
MEANINGS: dict[str, Callable[[Any], tuple[list[str], list[str]]]] = {}

TOO_FEW = {
    "too_few_events": _("There are too few events to say anything."),
    "too_few_cells": _("There are too few squares to say anything."),
    "too_few_areas": _("There are too few areas to compare."),
    "too_few_places": _("There are too few places to say anything."),
    "too_few_answers": _("There are too few answers to say anything."),
    "no_events": _("There is no event."),
    "no_cluster": _("No cluster was found."),
    "all_equal": _("All values are equal: there is nothing to compare."),
    "one_place": _("All events lie in one place."),
    "one_time": _("All events lie at one time."),
    "history_short": _("The past is too short to know what is usual."),
    "too_few_expected": _("So few are expected that silence is ordinary."),
    "no_exposure": _("Nothing that could be hit is known here."),
    "no_direction": _("No hour is preferred that could be named."),
}


def of(result) -> tuple[list[str], list[str]]:
    """Sentences of what it means, and of what it does not."""
    why = getattr(result, "why_not", "")
    made = MEANINGS.get(type(result).__name__)
    means, limits = made(result) if made else ([], [])
    if why:
        means = [say(TOO_FEW.get(why, _("There is too little here to say anything.")))]
    return means, limits


def meaning(name):
    def enter(function):
        MEANINGS[name] = function
        return function

    return enter


def in_digits(text: str) -> str:
    """A number already written in Latin digits, in those of the language."""
    return in_persian(text) if language() == "fa" else text


def n(value, digits=None) -> str:
    """A number in the language's digits."""
    return in_digits(f"{value:.{digits}f}" if digits is not None else short(float(value)))


def share(value, digits=0) -> str:
    return in_persian(f"{100 * value:.{digits}f}%") if language() == "fa" else f"{100 * value:.{digits}f} %"


def chance(p) -> str:
    """A p-value as people say it."""
    if not np.isfinite(p):
        return "–"
    return say(_("less than 1 in 1,000")) if p < 0.001 else share(p, 1)


AND = _(", ")
CAUSE = _("A number finds no cause; go and look.")
RECORDED = _("Only what was recorded is counted.")


@meaning("Rise")
def _rise(r):
    if not np.isfinite(r.expected):
        return [], [say(RECORDED)]
    words = {
        "count": n(r.count), "expected": n(r.expected), "low": n(r.low), "high": n(r.high), "p": chance(r.p_value),
    }  # fmt: skip
    first = say(_("Counted: %(count)s. Usual: %(low)s to %(high)s, in the middle %(expected)s."), **words)
    second = (
        say(_("So many, or more, would come by chance in %(p)s of such periods: it has risen."), **words)
        if r.p_value < AT
        else say(
            _("So many, or more, would come by chance in %(p)s of such periods: no rise that could be told."), **words
        )
    )
    return [first, second], [say(_("It says nothing of why, nor that it will go on.")), say(RECORDED)]


@meaning("Drop")
def _drop(r):
    words = {"count": n(r.count), "expected": n(r.expected), "p": chance(r.p_value)}
    first = say(_("Recorded: %(count)s, where about %(expected)s are usual."), **words)
    second = (
        say(_("So few would come by chance in %(p)s of such times: something changed."), **words)
        if r.p_value < AT
        else say(_("So few may well come by chance (%(p)s)."), **words)
    )
    return [first, second], [say(_("It cannot tell a silent register from a quiet area. Ask who records."))]


@meaning("Ears")
def _ears(r):
    alarms = int(np.sum(r.p_value < 0.01))
    return (
        [say(_("Of %(all)s periods, %(n)s stand out at a chance under 1 %%."), all=int(np.isfinite(r.p_value).sum()), n=alarms)],
        [say(_("A season's beginning looks like a rise to a rule that knows only the last weeks."))],
    )  # fmt: skip


@meaning("Parts")
def _parts(r):
    change = r.trend[-1] - r.trend[0]
    reach = r.season.max() - r.season.min()
    return (
        [say(_("The trend moved by %(change)s a month from the first to the last; the season swings by %(reach)s."),
             change=n(change), reach=n(reach))],
        [say(_("Every year gets the same season here; a year unlike the others lands in the remainder."))],
    )  # fmt: skip


@meaning("Breaks")
def _breaks(r):
    if not r.after:
        return [say(_("No lasting change of level is worth naming."))], []
    places = say(AND).join(n(at + 1) for at in r.after)
    return (
        [say(_("The level changed for good after month %(places)s."), places=places)],
        [say(_("A slow drift is cut into steps as well; look at the curve before you name a day."))],
    )


@meaning("Compared")
def _compared(r):
    return (
        [say(_("The first is %(ratio)s times the second (between %(low)s and %(high)s); by chance alone in %(p)s."),
             ratio=n(r.ratio), low=n(r.low), high=n(r.high), p=chance(r.p_etest))],
        [say(_("Season, trend and clustering are not looked at; for a series use rise."))],
    )  # fmt: skip


@meaning("Levels")
def _levels(r):
    high = [a for a in r.areas if a.enough and a.p_value * max(r.comparisons, 1) < AT]
    return (
        [say(_("Of %(all)s areas, %(n)s lie above what like areas make usual, corrected for how many were compared."),
             all=r.comparisons, n=len(high))],
        [say(_("High is not risen: such an area may always have been so.")), say(CAUSE)],
    )  # fmt: skip


@meaning("Hours")
def _hours(r):
    if not r.events:
        return [say(_("No event has a known hour."))], []
    top = int(np.argmax(r.weight))
    return (
        [say(_("Most fall on %(label)s: %(n)s of %(all)s events."), label=told(r.label[top], say), n=n(r.weight[top]), all=r.events),
         say(_("%(n)s events have no known hour and are left out; %(spread)s are spread over several hours."),
             n=r.hour_unknown, spread=r.spread)],
        [say(_("Where only an interval is known its weight is spread evenly, which flattens every peak."))],
    )  # fmt: skip


@meaning("Days")
def _days(r):
    words = {"p": chance(r.p_value)}
    if r.p_value < AT:
        return [say(_("The days differ: so uneven a week would come by chance in %(p)s."), **words)], [
            say(_("It does not say which day, nor that all days are equally exposed."))
        ]
    return [say(_("The days do not differ in a way that could be told (chance: %(p)s)."), **words)], []


@meaning("Circular")
def _circular(r):
    if not r.enough:
        return [], [say(_("Two opposite peaks cancel out on a clock face: look at the hours."))]
    clock = lambda h: f"{int(h):02d}:{int(h % 1 * 60):02d}"
    return (
        [say(_("The middle of the events is %(mean)s (between %(low)s and %(high)s)."), mean=in_digits(clock(r.mean)),
             low=in_digits(clock(r.low)), high=in_digits(clock(r.high)))],
        [say(_("Two opposite peaks cancel out on a clock face: look at the hours."))],
    )  # fmt: skip


@meaning("Gini")
def _gini(r):
    return (
        [say(_("Gini %(gini)s; spread by chance alone, as many events on as many places would give %(chance)s."),
             gini=n(r.standard), chance=n(r.by_chance))],
        [say(_("With fewer events than places a high Gini is arithmetic, not concentration; read the generalised one."))],
    )  # fmt: skip


@meaning("Lorenz")
def _lorenz(r):
    half = float(np.interp(0.5, r.events_share, r.places_share)) if len(r.events_share) else float("nan")
    return (
        [say(_("%(places)s of the places hold half of the events."), places=share(half)),
         say(_("By chance alone so uneven a spread would come in %(p)s."), p=chance(r.p_value))],
        [say(_("Places that are larger hold more; give each its exposure before you call it a hot place."))],
    )  # fmt: skip


@meaning("Accuracy")
def _accuracy(r):
    best = int(np.nanargmax(r.pai)) if np.isfinite(r.pai).any() else 0
    return (
        [say(_("At best, %(area)s of the area: PAI %(pai)s (between %(low)s and %(high)s, as ties fall)."),
             area=share(r.area_share[best]), pai=n(r.pai[best]), low=n(r.pai_low[best]), high=n(r.pai_high[best]))],
        [say(_("A tiny area always scores high; compare at the size you can really look after."))],
    )  # fmt: skip


@meaning("PatternSimilarity")
def _pattern(r):
    return (
        [
            say(
                _("In %(share)s of the areas the second pattern lies within the range of the first."),
                share=share(r.s_index),
            )
        ],
        [say(_("Few events have wide ranges and look alike."))],
    )


@meaning("WeightedDisplacement")
def _wdd(r):
    words = {"estimate": n(r.estimate), "low": n(r.low), "high": n(r.high)}
    told = (
        say(_("%(estimate)s events, between %(low)s and %(high)s: the change is more than chance."), **words)
        if r.low > 0 or r.high < 0
        else say(_("%(estimate)s events, between %(low)s and %(high)s: it cannot be told from no change."), **words)
    )
    return [told], [say(_("It trusts that counts vary by pure chance and that the like area would have moved alike."))]


VERDICTS = {
    "fell": _("It fell, more than the like areas did."),
    "rose": _("It rose, more than the like areas did."),
    "no_effect_worth_having": _("Whatever changed is smaller than an effect worth having."),
    "cannot_tell": _("It cannot be told: the interval holds both no change and an effect worth having."),
}


@meaning("RateRatio")
def _ratio(r):
    return (
        [say(_("The rate is %(ratio)s times what the like areas lead to expect (between %(low)s and %(high)s)."),
             ratio=n(r.ratio, 2), low=n(r.low, 2), high=n(r.high, 2)), say(VERDICTS.get(r.verdict, r.verdict))],
        [say(_("An area chosen because it was high falls by itself; the answer allows for it only where that is known."))],
    )  # fmt: skip


DISPLACED = {
    "displaced": _("Around it the events rose: part of them moved."),
    "diffused": _("Around it they fell, too: the good spread."),
    "no_displacement": _("Around it nothing rose that would undo the gain."),
    "cannot_tell": _("Whether they moved next door cannot be told."),
    "not_looked_at": _("Whether they moved next door was not looked at: name the area around it."),
}
WARNINGS = {
    "high_just_before": _("The area was high just before the work; the weeks that made it stand out were left out."),
    "trends_differ": _("Before the work it did not move as the like areas did; trust this little."),
    "one_comparison_area": _("One like area is a thin comparison."),
}


@meaning("Impact")
def _impact(r):
    means, limits = _ratio(r.treated)
    means[1] = say(VERDICTS.get(r.verdict, r.verdict))
    means.append(say(DISPLACED.get(r.displacement, r.displacement)))
    return means, [say(WARNINGS[key]) for key in r.treated.warnings if key in WARNINGS] + limits


@meaning("Share")
def _share(r):
    return (
        [say(_("%(share)s, and the true share may well lie between %(low)s and %(high)s."), share=share(r.share),
             low=share(r.low), high=share(r.high))] if r.n else [say(_("Nobody was asked."))],
        [say(_("It knows chance only, not who did not answer."))],
    )  # fmt: skip


@meaning("PostStratified")
def _survey(r):
    return (
        [say(_("Weighted to all people: %(share)s (between %(low)s and %(high)s); of those who answered: %(plain)s."),
             share=share(r.estimate), low=share(r.low), high=share(r.high), plain=share(r.unweighted))],
        [say(_("Within a group, those who answered stand for those who did not."))],
    )  # fmt: skip


@meaning("InAreas")
def _in_areas(r):
    return (
        [say(_("%(inside)s of %(all)s events lie in an area; %(outside)s in none; %(several)s where areas overlap."),
             inside=r.events - r.outside, all=r.events, outside=r.outside, several=r.in_several)],
        [say(_("An event on a border belongs to exactly one area."))],
    )  # fmt: skip


# -- places ------------------------------------------------------------------------------------

SNAPPED = _("Places rounded to a corner or a block make places look like repeats.")


@meaning("SquareCounts")
def _squares(r):
    return (
        [
            say(
                _("The fullest square holds %(n)s of %(all)s events."),
                n=int(r.count.max(initial=0)),
                all=int(r.count.sum()),
            )
        ],
        [say(_("A full square is not yet a hot one: see hot-cells."))],
    )


@meaning("HexCounts")
def _hexes(r):
    return (
        [
            say(
                _("The fullest hexagon holds %(n)s of %(all)s events."),
                n=int(r.count.max(initial=0)),
                all=int(r.count.sum()),
            )
        ],
        [say(_("A full hexagon is not yet a hot one."))],
    )


@meaning("HotCells")
def _hot(r):
    hot = int((r.level >= 2).sum())
    return (
        [say(_("Of %(all)s squares, %(n)s hold with their neighbours more than chance explains, corrected for all squares."),
             all=r.comparisons, n=hot)],
        [say(_("Where nothing can happen (a lake, a field) the squares around look hot: leave it out of the area.")), say(CAUSE)],
    )  # fmt: skip


@meaning("Global")
def _global(r):
    words = {"name": told(r.name, say), "value": n(r.value), "expected": n(r.expected), "p": chance(r.p_random)}
    line = (
        say(_("%(name)s is %(value)s where chance makes %(expected)s (%(p)s): like lies beside like."), **words)
        if r.p_random < AT
        else say(
            _("%(name)s is %(value)s where chance makes %(expected)s (%(p)s): no pattern that could be told."), **words
        )
    )
    return [line], [say(_("One number for a whole area says nothing of where."))]


@meaning("Local")
def _local(r):
    found = int((r.p_adjusted <= AT).sum())
    return (
        [say(_("Of %(all)s places, %(n)s stand out, corrected for all of them."), all=r.comparisons, n=found)],
        [say(_("Neighbouring places share their events: read them together, not one by one."))],
    )


@meaning("Knox")
def _knox(r):
    means = [say(_("%(n)s pairs of events lie within the last limits of place and time."), n=int(np.sum(r.observed)))]
    if r.p_table is not None and np.isfinite(r.p_table):
        means.append(say(_("The whole table would look so by chance in %(p)s."), p=chance(r.p_table)))
        if r.ratio is not None and r.p_table < AT:
            i, j = np.unravel_index(int(np.nanargmax(r.ratio)), r.ratio.shape)
            means.append(
                say(_("Most above chance: %(ratio)s times as many pairs as expected, between %(near)s and %(far)s m and %(soon)s and %(late)s days."),
                    ratio=n(r.ratio[i, j], 2), near=n(r.space_m[i]), far=n(r.space_m[i + 1]),
                    soon=n(r.time_days[j]), late=n(r.time_days[j + 1]))
            )  # fmt: skip
    limits = [say(SNAPPED), say(_("Do not pick the best cell after looking: the p of the whole table counts."))]
    if r.drift:
        limits.append(say(_("Here the places at risk moved in time; that alone can look like contagion.")))
    return means, limits


@meaning("NearRepeat")
def _near_repeat(r):
    words = {
        "observed": n(r.observed), "expected": n(r.expected), "m": n(r.within_m), "days": n(r.within_days),
        "p": chance(r.p_value if r.p_value is not None else r.p_poisson),
    }  # fmt: skip
    limits = [say(SNAPPED)]
    if r.drift:
        limits.append(say(_("Here the places at risk moved in time; that alone can look like contagion.")))
    return [
        say(_("%(observed)s pairs within %(m)s m and %(days)s days, where chance makes %(expected)s (%(p)s)."), **words)
    ], limits


@meaning("Strings")
def _strings(r):
    return (
        [say(_("%(n)s events hang together in %(strings)s strings; the longest has %(longest)s."), n=r.in_strings,
             strings=int((r.size > 1).sum()), longest=r.longest)],
        [say(_("A string is nearness, not one offender.")), say(SNAPPED)],
    )  # fmt: skip


@meaning("Repeats")
def _repeats(r):
    return (
        [say(_("%(places)s places came back three times or more in the window, with %(n)s of its %(all)s events."),
             places=len(r.places), n=r.in_repeats, all=r.events)],
        [say(_("A steady place is listed too; its p says whether it is now."))],
    )  # fmt: skip


@meaning("Density")
def _density(r):
    top = int(np.argmax(r.per_km2)) if len(r.per_km2) else 0
    return (
        [say(_("At its highest %(n)s events a square kilometre, with a bandwidth of %(m)s m."),
             n=n(r.per_km2[top]) if len(r.per_km2) else "–", m=n(r.bandwidth_m))],
        [say(_("A surface always has a hill; it says where, not whether it is more than chance."))],
    )  # fmt: skip


@meaning("Centres")
def _centres(r):
    return (
        [say(_("The middle of %(n)s events; a standard distance of %(m)s m around it."), n=r.events,
             m=n(r.standard_distance_m))],
        [say(_("With several crowds the middle may lie where nothing happens."))],
    )  # fmt: skip


@meaning("Clusters")
def _clusters(r):
    return (
        [say(_("%(clusters)s crowds hold %(n)s of %(all)s events; %(noise)s lie alone."), clusters=len(r.size),
             n=r.events - r.noise, all=r.events, noise=r.noise)],
        [say(_("Busy places crowd by themselves; whether it is more than usual is another question."))],
    )  # fmt: skip


@meaning("Scan")
def _scan(r):
    found = [c for c in r.clusters if c.p_value is not None and c.p_value <= AT]
    if not found:
        return [say(_("No disc and window holds more than chance explains."))], [
            say(_("A slow spread over the whole area is not a cluster."))
        ]
    first = found[0]
    return (
        [say(_("%(observed)s events where %(expected)s were expected, within %(m)s m over %(days)s days; by chance in %(p)s."),
             observed=first.observed, expected=n(first.expected), m=n(first.radius_m), days=n(first.days),
             p=chance(first.p_value)),
         say(_("%(n)s clusters stand out in all."), n=len(found))],
        [say(_("A disc is a rough shape: the true place may be smaller or longer.")), say(CAUSE)],
    )  # fmt: skip


@meaning("PoissonScan")
def _window(r):
    return (
        [say(_("Somewhere in the period a window with so many would come by chance in %(p)s."), p=chance(r.p_value))],
        [say(_("It takes a steady rate and independent events."))],
    )


@meaning("Nearest")
def _nearest(r):
    known = r.distance_m[np.isfinite(r.distance_m)]
    return (
        [say(_("Half of the events lie within %(m)s m of a feature."), m=n(float(np.median(known))))] if len(known) else [],
        [say(_("Near is not because: busy streets have both."))],
    )  # fmt: skip


@meaning("CountWithin")
def _count_within(r):
    some = int((r.count > 0).sum())
    return (
        [say(_("%(n)s of %(all)s events have a feature within %(m)s m."), n=some, all=len(r.count), m=n(r.within_m))],
        [say(_("Near is not because: busy streets have both."))],
    )


@meaning("RiskTerrain")
def _risk(r):
    names = [f"{told(name, say)} ×{n(ratio, 2)}" for name, ratio in zip(r.model.names, r.model.ratio, strict=True)]
    line = (
        say(_("With the events go: %(names)s."), names=say(AND).join(names))
        if names
        else say(_("No layer goes with the events once the others are looked at."))
    )
    limits = [say(_("A layer may stand for nothing but many people; it finds neighbours of events, not their cause."))]
    limits += [
        say(
            _("%(name)s says what %(others)s already say, and was left out."),
            name=told(name, say),
            others=say(AND).join(told(one, say) for one in others),
        )
        for name, others in r.model.aliased
    ]
    return [line], limits


@meaning("Causes")
def _causes(r):
    said = []
    for cause in r.causes[:3]:
        said.append(f"{_claim(*cause.said)} ({say(VERDICT_OF_CAUSE.get(cause.verdict, cause.verdict))})")
        said.append(say(_("What would disprove it: %(what)s"), what=say(cause.disproof)))
        said.append(say(_("What to look at: %(what)s"), what=say(cause.check)))
    return said, [say(_("A candidate is a question to take to the place, never an answer.")), say(RECORDED)]


def _claim(template, values):
    """The sentence of a cause: its template translated, its numbers, days and words in the language."""
    return say(template, **{name: _value(name, value) for name, value in values.items()})


def _value(name, value):
    if isinstance(value, np.datetime64):
        return day(value)
    if isinstance(value, (int, float)):
        return n(value)
    return say(AND).join(value.split(", ")) if name == "named" else told(value, say)


VERDICT_OF_CAUSE = {
    "supported": _("supported by the records"),
    "possible": _("possible"),
    "not_supported": _("not supported by the records"),
    "cannot_tell": _("cannot be told"),
}
