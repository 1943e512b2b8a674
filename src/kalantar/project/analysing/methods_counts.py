"""Methods on counts and moments: high or risen, when, concentrated, did it help, how sure."""

from __future__ import annotations

import numpy as np
import shapely

from kalantar.analysis import areas, concentration, ears, impact, intervals, levels, recording, rises, series, sure

from ..sentences import marked as _
from ..stop import Stop
from . import files
from .asking import flag, limits, number, text, whole, word
from .table import Work, method, weekly

EVENTS = "events with their dates"
COUNTS = "a table with one row an area (or events, with --area)"
PERIOD = whole("period_days", 7, "days a period")
CLOCKS = word("first_day", intervals.DAYS, "first day of the week", "Saturday")


def _periods(work: Work):
    """Counts of whole periods up to the last day of the events, oldest first."""
    rows = work.rows()
    stamps, _known = files.moments(rows, work.given)
    if not rows.keep.any():
        raise Stop(_("No row of the file has a date."))
    return weekly(stamps[rows.keep], work.given.period_days)


@method(
    "rise", "level", _("Is it risen against its own past?"),
    _("The latest period against the baseline of the series: season, trend, overdispersion."),
    PERIOD, number("level", 0.95, "share of periods inside the usual range"), files=EVENTS,
)  # fmt: skip
def _rise(work):
    counts, _first = _periods(work)
    return work.call(
        rises.rise, ("history", counts[:-1]), ("current", int(counts[-1])),
        per_year=round(365.2422 / work.given.period_days, 4), level=work.given.level,
    )  # fmt: skip


@method(
    "recording-drop", "level", _("Has the recording dropped?"),
    _("The latest periods against what was usual, from below: a silent register looks like success."),
    PERIOD, whole("latest", 1, "how many of the latest periods together"), files=EVENTS,
)  # fmt: skip
def _drop(work):
    counts, _first = _periods(work)
    k = work.given.latest
    if not 0 < k < len(counts):
        raise Stop(_("%(option)s must be between 1 and %(n)s."), option="--latest", n=len(counts) - 1)
    return work.call(
        recording.recording_drop, ("history", counts[:-k]), ("latest", counts[-k:]),
        per_year=round(365.2422 / work.given.period_days, 4),
    )  # fmt: skip


@method(
    "short-history", "level", _("Is it risen against the last weeks?"),
    _("Rules for a short past (EARS C1, C2, C3), with a p that keeps its level."),
    PERIOD, word("rule", tuple(ears.RULES), "which rule"), files=EVENTS,
)  # fmt: skip
def _ears(work):
    counts, _first = _periods(work)
    return work.call(ears.ears, ("counts", counts), rule=work.given.rule)


def _months(work):
    rows = work.rows()
    stamps, _known = files.moments(rows, work.given)
    month = stamps[rows.keep].astype("datetime64[M]").astype(np.int64)
    if not len(month):
        raise Stop(_("No row of the file has a date."))
    return np.bincount(month - month.min()).astype(float)


@method(
    "trend", "level", _("What is trend, what is season?"), _("The months taken apart (STL, periodic)."), files=EVENTS
)
def _trend(work):
    return work.call(series.stl, ("values", _months(work)), period=12)


@method(
    "breaks", "level", _("Did the level change for good?"), _("The best places for lasting changes of the months."),
    whole("most", 5, "most changes"), files=EVENTS,
)  # fmt: skip
def _breaks(work):
    return work.call(series.breaks, ("values", _months(work)), most=work.given.most)


@method(
    "two-counts", "level", _("Do two counts differ?"), _("E-test and exact ratio of two counts."),
    whole("first", None, "first count"), whole("second", None, "second count"),
    number("first_length", 1.0, "length of the first period"), number("second_length", 1.0, "length of the second"),
    word("tail", ("two-sided", "greater"), "which tail"), number("level", 0.95, "level of the interval"), files="",
)  # fmt: skip
def _two_counts(work):
    given = work.given
    if given.first is None or given.second is None:
        raise Stop(_("This method needs %(options)s."), options="--first, --second")
    return work.call(
        rises.compared, ("first", given.first), ("second", given.second), first_length=given.first_length,
        second_length=given.second_length, tail=given.tail, level=given.level,
    )  # fmt: skip


def _by_area(work: Work, position=0):
    """Events counted in the areas of --area: counts, names, km², and the rows of the events."""
    xy, rows = work.points(position)
    work.boundary(needed=True)
    index = areas.PolygonIndex(list(work.shapes))
    which = index.locate(*np.ascontiguousarray(xy.T))
    counts = np.bincount(which[which >= 0], minlength=len(work.shapes)).astype(float)
    shapes_rows = work.opened[-1]
    names = work.names(shapes_rows, work.given.name)
    outside = int((which < 0).sum())
    if outside:
        rows.left_out["outside the area"] = outside
    return counts, names, shapely.area(work.shapes) / 1e6, which, rows


def _counted(work: Work, *roles):
    """Counts and other columns of a table; or events counted in --area, with km² as exposure."""
    if work.given.area:
        counts, names, km2, _which, _rows = _by_area(work)
        return {"count": counts, "exposure": km2}, names
    read, rows = work.numbers(*roles)
    return read, work.names(rows, work.given.name)


COUNT_COLUMNS = (
    text("count", None, "column of counts"),
    text("name", None, "column of names"),
)


@method(
    "levels", "level", _("Is it high against like areas?"),
    _("Counts against exposure, with shrinkage and funnel limits."),
    *COUNT_COLUMNS, text("exposure", None, "column of exposure (dwellings, shops, people)"),
    number("level", 0.95, "share of like areas inside the usual range"), files=COUNTS,
)  # fmt: skip
def _levels(work):
    read, names = _counted(work, "count", "exposure")
    work.labels = names
    return work.call(levels.levels, ("counts", read["count"]), ("exposure", read["exposure"]), level=work.given.level)


@method(
    "hours", "when", _("At which hours?"),
    _("Hours of the week, intervals shared out evenly (aoristic); events without an hour are told."),
    word("cycle", ("week", "day"), "of the week or of the day"), CLOCKS,
    word("longer", ("even", "left_out"), "what becomes of intervals of a whole cycle"), files=EVENTS,
)  # fmt: skip
def _hours(work):
    rows = work.rows()
    start, known = files.moments(rows, work.given)
    end, end_known = files.moments(rows, work.given, end=True, needed=bool(work.given.date_to))
    if end is not None:  # an end without an hour is the end of that day
        end = np.where(end_known, end, end + np.timedelta64(1, "D"))
    keep = rows.keep
    given = work.given
    return work.call(
        intervals.hours, ("start", start[keep]), ("end", None if end is None else end[keep]), known=known[keep],
        cycle=given.cycle, first_day=given.first_day, longer=given.longer,
    )  # fmt: skip


@method(
    "days", "when", _("Is any day of the week preferred?"), _("Exact test for few events."),
    word("statistic", ("G", "chi-square"), "which statistic"), CLOCKS, files=EVENTS,
)  # fmt: skip
def _days(work):
    rows = work.rows()
    stamps, _known = files.moments(rows, work.given)
    first = intervals.DAYS.index(work.given.first_day)
    weekday = (stamps[rows.keep].astype("datetime64[D]").astype(np.int64) + 3 - first) % 7
    counts = np.bincount(weekday, minlength=7).astype(float)
    return work.call(
        intervals.day_test, ("counts", counts), statistic=work.given.statistic, first_day=work.given.first_day
    )


@method(
    "clock", "when", _("Is any hour preferred?"), _("The clock as a circle: mean hour, spread, Rayleigh."), files=EVENTS
)
def _clock(work):
    rows = work.rows()
    stamps, known = files.moments(rows, work.given)
    rows.drop(~known, "no hour")
    minutes = (stamps[rows.keep].astype(np.int64) % 1440) / 60
    return work.call(intervals.circular, ("times", minutes), period=24.0)


@method(
    "gini", "concentrated", _("How concentrated is it?"), _("Gini, standard and generalised, beside what chance makes."),
    *COUNT_COLUMNS, files=COUNTS,
)  # fmt: skip
def _gini(work):
    read, _names = _counted(work, "count")
    return work.call(concentration.gini, ("counts", read["count"]))


@method(
    "lorenz", "concentrated", _("Which share of the places holds which share of the events?"),
    _("Lorenz curve with intervals, beside the curve of chance."), *COUNT_COLUMNS,
    whole("runs", 999, "how many draws"), files=COUNTS,
)  # fmt: skip
def _lorenz(work):
    read, _names = _counted(work, "count")
    return work.call(concentration.lorenz, ("counts", read["count"]), runs=work.given.runs, seed=work.given.seed)


@method(
    "accuracy", "concentrated", _("How well did a forecast of places do?"),
    _("PAI, PEI and RRI of every cut, with the range over ties."), text("observed", None, "column of what happened"),
    text("predicted", None, "column of the forecast"), text("size", None, "column of sizes"),
    word("first", ("prediction", "density"), "what is ranked"), files="a table with one row a cell",
)  # fmt: skip
def _accuracy(work):
    rows = work.rows()
    given = work.given
    observed = files.column_of_numbers(rows, given.observed, "observed")
    predicted = files.column_of_numbers(rows, given.predicted, "predicted")
    size = files.column_of_numbers(rows, given.size, "size") if given.size else None
    keep = rows.keep
    return work.call(
        concentration.accuracy, ("observed", observed[keep]), ("predicted", predicted[keep]),
        area=None if size is None else size[keep], first=given.first,
    )  # fmt: skip


@method(
    "pattern-similarity", "concentrated", _("Are two patterns of places alike?"),
    _("Share of areas in which the second pattern lies in the range of the first."), text("name", None, "column of names"),
    whole("runs", 200, "how many draws"), files="two files of events, with --area",
)  # fmt: skip
def _pattern(work):
    base, _names, _km2, _which, _rows = _by_area(work, 0)
    test, _names, _km2, _which, _rows = _by_area(work, 1)
    return work.call(
        concentration.pattern_similarity, ("base", base), ("test", test), runs=work.given.runs, seed=work.given.seed
    )


@method(
    "weighted-displacement", "helped", _("Did it help, against a like area?"),
    _("Weighted displacement difference of counts before and after."),
    limits("treated", "0,0", "treated area, before and after"), limits("control", "0,0", "like area"),
    limits("disp_treated", "0,0", "places around the treated area"),
    limits("disp_control", "0,0", "places around the like area"),
    limits("time_weights", "1,1", "lengths of the two periods"),
    limits("area_weights", "1,1,1,1", "sizes: treated, control and their surroundings"),
    number("level", 0.95, "level of the interval"), files="",
)  # fmt: skip
def _wdd(work):
    given = work.given
    return work.call(
        impact.weighted_displacement, ("treated", given.treated), ("control", given.control),
        disp_treated=given.disp_treated, disp_control=given.disp_control, time_weights=given.time_weights,
        area_weights=given.area_weights, level=given.level,
    )  # fmt: skip


@method(
    "impact", "helped", _("Did it help?"),
    _("Weeks before and after in the treated area against like areas: net effect, displacement, cannot tell."),
    text("treated", None, "name of the treated area"), text("began", None, "first day of the work"),
    text("buffer", None, "name of the area around it"), text("name", None, "column of names in --area"),
    number("worth", -0.2, "an effect worth having, as a share"), whole("comparisons", 5, "how many like areas"),
    flag("all_areas", "compare with every area instead of the most alike"),
    files="events with dates, and --area with the named areas",
)  # fmt: skip
def _impact(work):
    given = work.given
    if not (given.treated and given.began and given.area):
        raise Stop(_("This method needs %(options)s."), options="--area FILE, --treated NAME, --began DATE")
    xy, days, _rows = work.events()
    work.boundary(needed=True)
    which = areas.PolygonIndex(list(work.shapes)).locate(*np.ascontiguousarray(xy.T))
    names = list(work.names(work.opened[-1], given.name))
    for name in (given.treated, given.buffer):
        if name and name not in names:
            raise Stop(_("No area is named %(name)s."), name=name)
    began = files.parse_dates([given.began], given.calendar, given.order)
    if began.faults[0]:
        raise Stop(_("%(day)s is not a day. Please write it as %(example)s"), day=given.began, example="2018-01-01")
    week = np.floor((np.floor(days) - (began.days[0] - files.UNIX_DAY)) / 7).astype(np.int64)
    first, last = int(week.min()) + 1, int(week.max()) - 1  # whole weeks only
    if not first < 0 <= last:
        raise Stop(_("The events do not reach from before the work began to after it."))
    counts = np.zeros((len(names), last - first + 1))
    inside = (which >= 0) & (week >= first) & (week <= last)
    np.add.at(counts, (which[inside], week[inside] - first), 1)
    treated = names.index(given.treated)
    buffer = names.index(given.buffer) if given.buffer else None
    pool = [i for i in range(len(names)) if i not in (treated, buffer)]
    work.labels = [names[i] for i in pool]
    return work.call(
        impact.impact, ("treated", counts[treated]), ("pool", counts[pool]), began=-first,
        buffer=None if buffer is None else counts[buffer], n=given.comparisons, match=not given.all_areas,
        worth=given.worth,
    )  # fmt: skip


@method(
    "share", "sure", _("How sure is a share?"), _("Wilson's interval of k of n."), whole("k", None, "how many"),
    whole("n", None, "of how many"), number("level", 0.95, "level of the interval"), files="",
)  # fmt: skip
def _share(work):
    if work.given.k is None or work.given.n is None:
        raise Stop(_("This method needs %(options)s."), options="--k, --n")
    return work.call(sure.wilson, ("k", work.given.k), ("n", work.given.n), level=work.given.level)


@method(
    "survey", "sure", _("What would all have said?"),
    _("Share of all people from answers by group, weighted to the size of each group."),
    text("yes", None, "column: how many said yes"), text("answers", None, "column: how many answered"),
    text("population", None, "column: how many people there are"), text("name", None, "column of names"),
    number("level", 0.95, "level of the interval"), files="a table with one row a group",
)  # fmt: skip
def _survey(work):
    rows = work.rows()
    given = work.given
    yes = files.column_of_numbers(rows, given.yes, "yes")
    answers = files.column_of_numbers(rows, given.answers, "answers")
    people = files.column_of_numbers(rows, given.population, "population")
    keep = rows.keep
    names = tuple(work.names(rows, given.name))
    return work.call(
        sure.post_stratified_share, ("k", yes[keep]), ("n", answers[keep]), ("population", people[keep]),
        names=names, level=given.level,
    )  # fmt: skip
