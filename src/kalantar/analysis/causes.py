# SPDX-License-Identifier: BSD-3-Clause
"""Why here? Candidate causes as sentences that can be tested, ranked by evidence. Never "found".

Features of a place go together: lamps, stops and shops stand on main streets, where there is more of
everything. So a place is compared with itself: with its own other nights, other dates and other
hours. What makes a place busy at all times cancels, and a layer without dates or hours can be
"possible" at most.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from kalantar.analysis import checks
from kalantar.analysis.errors import InputError
from kalantar.analysis.results import Result

FEWEST_EVENTS = 20
FEWEST_DAYS = 28
MOST_EVENTS = 2500  # of more, a random sample of so many is used
RUNS = 199
SUPPORTED_ODDS = 20.0  # once in 20 stations without a cause, over all causes asked together
POSSIBLE_ODDS = 3.0
FEWEST_NEAR = 5.0
KERMANSHAH_LATITUDE = 34.3
KERMANSHAH_NOON = 12.35  # local clock when the sun is highest, mean of the year

VERDICTS = ("supported", "possible", "not_supported", "cannot_tell")
KINDS = {
    **dict.fromkeys(
        ("lamp", "lamps", "street_lamp", "street_lamps", "light", "lights", "dead_lamp", "dead_lamps"), "lamps"
    ),
    **dict.fromkeys(("derelict", "derelicts", "derelict_building", "derelict_buildings"), "derelict"),
    **dict.fromkeys(("attractor", "attractors"), "attractor"),
    **dict.fromkeys(("neighbour_change", "neighbour", "neighbours", "next_door"), "neighbour_change"),
}
CAUSE_OF_KIND = {
    "lamps": "dead_lamps",
    "derelict": "derelict_buildings",
    "attractor": "attractor_hours",
    "neighbour_change": "displacement",
}


@dataclass(frozen=True, kw_only=True)
class Layer:
    """Features of one kind around a place, m of them, in metres of the same plane as the events.

    kind : "lamps" (at work while out, in the dark), "derelict" (since it became so, at any hour),
        "attractor" (by its hours), "neighbour_change" (a change next door), or any other short word:
        "stops", "parks", "works". A kind may come in several layers; they are joined. KINDS lists other
        spellings ("street_lamps", "derelict_buildings") that are read as these.
    xy : array (m, 2). Or geometry : sequence of m shapely geometries (points, lines, areas).
    since, until : (m,) datetime64 (or one for all), local, the one time each was in its state (out, derelict, open for
        business, changed). NaT = from before our time, or still so. Dates or moments.
    states : instead, for each feature a sequence of such (since, until) pairs; none = never.
    hours : opening hours (from, to) of the clock; 22 to 26, or 22 to 2 = until two at night. One pair for all;
        or m pairs, one a feature; or m sequences of pairs.
    names : (m,) words to say which one; by default its position from 1.
    Neither dates nor hours: a plain layer. Both: open at these hours while in its state.
    """

    kind: str
    xy: object = None
    geometry: object = None
    since: object = None
    until: object = None
    states: object = None
    hours: object = None
    names: object = ()


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """A change next door (an operation, a wall, new light) from which events may have moved here.

    changed_on : date; None = read it from t, the day since when the neighbour has fewest against before. xy : (2,)
    or geometry : shapely line, area or point: where. t : the neighbour's own events, datetime64, local: did
    they fall?
    """

    name: str
    changed_on: object = None
    xy: object = None
    geometry: object = None
    t: object = None


@dataclass(frozen=True, kw_only=True)
class Cause:
    """One sentence that can be tested."""

    key: str  # "dead_lamps", "derelict_buildings", "attractor_hours", "near_repeat", "displacement",
    # "recording", "nothing"; KIND + "_state", "_hours" or "_place" for other kinds
    kind: str  # of the layer; "" when none
    sentence: str
    said: tuple[str, dict]  # its template and values, for another language
    verdict: str  # one of VERDICTS
    why: str  # code of the reason, as in REASONS
    reason: str  # the same in words
    evidence: float  # log of how much likelier the records are than without it, rival histories charged
    gain: float  # the same before the rival histories
    rival: float  # the best of the rival histories: the same states at other dates, the hours moved
    count: float  # events near it while at work (an interval counts by its part)
    expected: float  # as many by the usual days and hours of the very same places
    ratio: float  # times as many as usual near it while at work; nan when unknown
    low: float  # 95 % interval of the ratio, at the best radius
    high: float
    radius_m: float  # nan when unknown
    features: tuple[str, ...]  # those that carry the evidence
    explained_by: str  # key of a higher cause that leaves nothing for this one; ""
    disproof: str  # what would show that it is not so
    check: str  # what to look at on the spot


REASONS = {
    "ahead_of_rivals": "The true dates and hours fit far better than the same ones moved in time.",
    "some": "The records lean this way, but chance or another history fits nearly as well.",
    "explained": "A cause further up explains the same events.",
    "neighbour_did_not_fall": "The neighbour's own count did not fall after the change.",
    "few_near": "Fewer than five events lie near it while it is at work.",
    "no_sign": "Near it, while it is at work, there is no more than usual.",
    "too_few": "Too few events fall near it while at work to tell either way.",
    "undated": "The layer has neither dates nor hours: a busy street looks just like it.",
    "place_only": "More than at like places, but without dates or hours a busy street looks just like it.",
    "no_change": "Its state does not change within the time: there is nothing to compare.",
    "none_near": "None of it lies near the events.",
    "few_events": "Too few events for any answer.",
    "short": "The time is too short for any answer.",
    "dark_unknown": "Days without a calendar do not tell when it is dark: give dark_hours.",
    "hours_unknown": "The hour is known for too few events.",
    "recording": "The way of writing down changed within the time: a rise across that day may be paper only.",
    "even_recording": "The way of writing down did not change beyond chance.",
    "nothing_supported": "No cause asked about is supported.",
    "something_supported": "A cause asked about is supported.",
}


@dataclass(frozen=True, kw_only=True)
class Causes(Result):
    """Candidate causes, with "nothing here explains it" in its place among them.

    First those that their own rival histories cannot explain, by how much they explain; then what the first one
    explains as well; then the others by evidence.
    """

    rows_of: ClassVar[str] = "causes"

    causes: tuple[Cause, ...]
    events: int  # used
    events_given: int
    days: int
    begins: np.datetime64
    ends: np.datetime64
    hours_unknown: int  # events whose hour is not known
    asked: int  # causes that could be tested in time
    threshold: float  # evidence from which a cause is supported: log(20 x asked)
    usual_from: str  # "station", or "place" where all events lie in one: then only slow seasons are usual
    changed_somewhere: float  # evidence for a quarter that is busier for a season, whatever the reason
    enough: bool
    why_not: str  # "", "few_events", "short"
    where: tuple[np.ndarray, np.ndarray]  # events; features of the first cause

    @property
    def first(self):
        """Key of the first."""
        return self.causes[0].key if self.causes else "nothing"

    @property
    def supported(self):
        """Keys of the supported causes."""
        return tuple(cause.key for cause in self.causes if cause.verdict == "supported")

    def to_dict(self):
        """As `Result.to_dict`, without the places of the events: they are the caller's own."""
        plain = super().to_dict()
        del plain["where"]
        return plain

    def pictures(self):
        """Evidence of each cause, and where the first one lies."""
        from kalantar.analysis import pictures

        shown = [one for one in self.causes if np.isfinite(one.evidence) and one.key != "nothing"]
        if not shown:
            return ()
        events, features = self.where
        bars = pictures.Bars(
            title="evidence for each candidate cause",
            labels=tuple(one.key.replace("_", " ") for one in shown),
            values=np.array([one.evidence for one in shown]),
            value_label="evidence (log)",
            usual=self.threshold,
        )
        layers: list = [pictures.Points(xy=events, name="events")]
        if len(features):
            turn = np.linspace(0, 2 * np.pi, 33)
            reach = shown[0].radius_m if np.isfinite(shown[0].radius_m) else 50.0
            circle = reach * np.column_stack([np.cos(turn), np.sin(turn)])
            rings = tuple(one + circle for one in features)
            layers.append(pictures.Rings(rings=rings, name=shown[0].key.replace("_", " ")))
        return bars, pictures.Map(title="events and the first candidate", layers=tuple(layers))


def candidate_causes(
    xy,
    start,
    *,
    end=None,
    layers=(),
    neighbours=(),
    exposure=None,
    place=None,
    within_m=400.0,
    area=None,
    period=None,
    hour_known=None,
    dark_hours=None,
    latitude=KERMANSHAH_LATITUDE,
    solar_noon=KERMANSHAH_NOON,
    rng,
    runs=RUNS,
    as_metres=False,
):
    """Causes: what might be behind these events, each as a sentence with its evidence and its disproof.

    xy : array (n, 2), metres. start : (n,) datetime64, local clock without a zone (or days as numbers, then
        the layers' dates too); dates alone = the hour is not known. end : (n,), the end of the interval in
        which it happened; NaT or None = the moment of start is known.
    layers : Layer, ... neighbours : Neighbour, ...
    exposure : (places (m, 2), weights (m,)): homes, cars, passers-by; used for plain layers only, because
        dated ones compare each place with itself.
    place : (x, y), with within_m: only events there are to be explained; the others show what is usual, so give
        the whole station. Where nine of ten events lie within 350 m, only slow seasons count as usual, and
        a wet month of the whole station can pass for a cause.
    area : shapely area; events outside it are left out.
    period : (begins, ends) dates of the records; by default from the first to the last event.
    hour_known : (n,) bool; False = only the day is right. By default moments at 00:00:00 are so read
        when there are more than five of them and more than 4 % of all.
    dark_hours : (from, to) of the clock; by default the sun at `latitude`, highest at `solar_noon`.
    rng : numpy Generator, for plain layers and recording (`runs` draws) and samples of more than 2,500 events (fewer
        where they lie very close).

    Method. An event at a place falls by the station's usual days and hours (its own trend, season,
    weekdays; the hours of its neighbourhood), times 1 + theta x nearness while the feature is at work there.
    The likelihood gain is averaged over five radii, eight strengths and over which features are at
    work, so many ways to fit win nothing. From it the even mixture of "nothing" and of rival histories is
    taken off: the same states moved round the time by two to ten twelfths, by day too, opening hours moved by
    2 to 22 hours, other dates of the neighbour's change; for near repeats, a quarter that is busier for a
    month or two. The mean of such a ratio is 1 without a cause, so it reaches 20 x (causes asked) for any
    of them at most once in 20 stations, if the usual time is right (Markov; Grunwald, de Heide and Koolen
    2024, J. R. Stat. Soc. B 86, 1091-1128). "Supported" is that and nothing more: a cause not in the layers
    that came and went with them would look the same. Each event is conditioned on its place as in the
    case-crossover design (Maclure 1991, Am. J. Epidemiol. 133, 144-153); near repeats as a self-exciting
    process (Mohler et al. 2011, J. Am. Stat. Assoc. 106, 100-108). Moves from next door leave the station's
    own level free. Plain layers: count within 75 m against features moved to like places.
    What it does not mean: that the cause acts, that acting on it helps, or anything about a person.
    Raises InputError: unequal lengths, missing places or times, an end before its start, degrees, a layer
    that cannot be read. Too few events or days: enough=False, every cause "cannot tell".
    """
    from kalantar.analysis import _causes_asked as asked

    rng = checks.generator(rng)
    runs = checks.whole(runs, "runs", least=19)
    events = asked.events(
        xy, start, end, place=place, within_m=within_m, area=area, period=period, hour_known=hour_known,
        as_metres=as_metres, rng=rng, most=MOST_EVENTS,
    )  # fmt: skip
    if dark_hours is not None:
        dark_hours = asked.hours_of_dark(dark_hours)
    kinds = asked.kinds(layers, neighbours, events)
    places = asked.exposure(exposure, as_metres=as_metres)
    why_not = ""
    if len(events.xy) < FEWEST_EVENTS:
        why_not = "few_events"
    elif events.days < FEWEST_DAYS:
        why_not = "short"
    if why_not:
        return _no_answer(events, kinds, why_not)

    def remade(weight=None):
        return asked.clock(events, dark_hours, latitude, solar_noon, weight)

    clock = remade()
    dark = dark_hours is not None or events.has_calendar
    tests = [
        test
        for kind in kinds
        for test in asked.tests(kind, events, clock, remade=remade, dark=dark, places=places, runs=runs, rng=rng)
    ]
    contagion, slow = asked.contagion(events, clock)
    tests.append(contagion)
    tests.append(asked.recording(events, rng=rng, runs=runs))
    timed = [test for test in tests if test.gain is not None]
    threshold = float(np.log(SUPPORTED_ODDS * max(1, len(timed))))
    ranked = sorted(tests, key=lambda test: _rank(test, threshold))
    leading = ranked[0] if ranked[0].gain is not None and ranked[0].evidence >= np.log(POSSIBLE_ODDS) else None
    again = None
    if leading is not None and leading is not contagion and contagion.evidence >= np.log(POSSIBLE_ODDS):
        again = asked.contagion(events, clock, beside=leading.drawn())[0].evidence
    judged = [_judged(test, leading, threshold, again if test is contagion else None) for test in ranked]
    explained = [cause for cause in judged if cause.explained_by]
    judged = [cause for cause in judged if not cause.explained_by]
    at = next((i for i, cause in enumerate(judged) if cause.verdict not in ("supported", "possible")), len(judged))
    causes = _with_nothing([*judged[:at], *explained, *judged[at:]], slow)
    first = next((test for test in ranked if causes and test.key == causes[0].key), None)
    features = first.places() if first is not None else np.empty((0, 2))
    return Causes(
        causes=tuple(causes),
        events=len(events.xy),
        events_given=events.given,
        days=events.days,
        begins=events.begins,
        ends=events.ends,
        hours_unknown=int((~events.hour_known).sum()),
        asked=len(timed),
        threshold=threshold,
        usual_from="place" if events.one_place else "station",
        changed_somewhere=float(slow),
        enough=True,
        why_not="",
        where=(events.xy, features),
    )


# -- the verdict --------------------------------------------------------------------------------


def _judged(test, top, threshold, left):
    from kalantar.analysis import _causes_said as said

    verdict, why, explained = "cannot_tell", test.why, ""
    if test.gain is None:
        verdict = "possible" if test.why in ("place_only", "recording") else "cannot_tell"
        verdict = "not_supported" if test.why in ("no_sign", "even_recording") else verdict
    else:
        if left is None:
            left = test.evidence
            if top is not None and test is not top and test.evidence > np.log(POSSIBLE_ODDS):
                left -= top.shared_with(test)
        if test.evidence >= threshold and left < threshold:
            verdict, why, explained = "possible", "explained", top.key
        elif test.evidence >= threshold and test.count < FEWEST_NEAR:
            verdict, why = "possible", "few_near"
        elif test.evidence >= threshold and test.neighbour_did_not_fall:
            verdict, why = "possible", "neighbour_did_not_fall"
        elif test.evidence >= threshold:
            verdict, why = "supported", "ahead_of_rivals"
        elif test.evidence >= np.log(POSSIBLE_ODDS):
            verdict, why = "possible", "some"
        elif test.could_tell():
            verdict, why = "not_supported", "no_sign"
        else:
            verdict, why = "cannot_tell", "too_few"
    return said.cause(test, verdict=verdict, why=why, reason=REASONS[why], explained_by=explained)


def _rank(test, threshold):
    """First what its own rivals cannot explain, by what it gains with and without them; then the rest by evidence."""
    if test.gain is None or not np.isfinite(test.evidence):
        return (3 if np.isfinite(test.evidence) else 4, -test.evidence if np.isfinite(test.evidence) else 0.0, test.key)
    if test.evidence >= np.log(POSSIBLE_ODDS):
        return (0 if test.evidence >= threshold else 1, -test.gain.gain - test.evidence, test.key)
    return (2, -test.evidence, test.key)


def _with_nothing(causes, slow):
    from kalantar.analysis import _causes_said as said

    supported = any(cause.verdict == "supported" for cause in causes)
    nothing = said.nothing(supported, slow, REASONS["something_supported" if supported else "nothing_supported"])
    at = next((i for i, one in enumerate(causes) if not one.evidence > 0 or np.isnan(one.gain)), len(causes))
    return [*causes[:at], nothing, *causes[at:]]


def _no_answer(events, kinds, why_not):
    from kalantar.analysis import _causes_said as said

    keys = [(kind.key, kind.kind) for kind in kinds] + [("near_repeat", ""), ("recording", "")]
    blank = [said.unknown(key, kind, why_not, REASONS[why_not]) for key, kind in keys]
    nothing = replace(said.nothing(False, 0.0, REASONS[why_not]), verdict="cannot_tell", why=why_not)
    return Causes(
        causes=(nothing, *blank),
        events=len(events.xy),
        events_given=events.given,
        days=events.days,
        begins=events.begins,
        ends=events.ends,
        hours_unknown=int((~events.hour_known).sum()),
        asked=0,
        threshold=float("nan"),
        usual_from="place" if events.one_place else "station",
        changed_somewhere=float("nan"),
        enough=False,
        why_not=why_not,
        where=(events.xy, np.empty((0, 2))),
    )


__all__ = ["Cause", "Causes", "InputError", "Layer", "Neighbour", "candidate_causes"]
