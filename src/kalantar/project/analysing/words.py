"""The words inside pictures and tables: labels, columns, conventions, reasons, and the sentences of the causes.

`analysis` says them in English and knows of no catalogue; here they are marked, so that the catalogue knows them.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from kalantar.persian import calendar
from kalantar.persian.digits import in_persian

from ..sentences import language
from ..sentences import marked as _

PAGE = (  # of the page itself
    _("What it means"), _("What it does not mean"), _("The figures"), _("How it was reckoned"),
    _("From which data"), _("The call that repeats it"), _("File"), _("Rows used"), _("Columns"), _("Left out"),
    _("Digest"), _("Coordinates"), _("yes"), _("no"), _("geometry"), _("metres as they stand"),
)  # fmt: skip

TITLES = (  # of pictures
    _("accuracy of the forecast"), _("Events by area"), _("evidence for each candidate cause"),
    _("events and the first candidate"), _("Middle and width of the events"), _("clusters of events"),
    _("Days of the week"), _("Density of events"), _("Events in each square"), _("Hot cells"),
    _("Hours of the week"), _("Hours of the day"), _("Times of the week"), _("counted over expected"),
    _("treated area and what the comparison areas let expect"), _("how unlike the comparison areas are"),
    _("Count against what is expected"), _("share of events in the places with most"),
    _("near repeats: pairs against chance"), _("Distance to the nearest feature"),
    _("areas that differ most: share of the first set, range of the second"), _("Recorded and usual"),
    _("Counted and usual"), _("relative risk of places"), _("relative risk values"),
    _("clusters in space and time"), _("Against the last weeks"), _("share by stratum"), _("mean by stratum"),
    _("Trend and season"), _("Two counts"), _("z of gi_star"), _("z of gi"), _("z of local_moran"),
    _("z of local_geary"),
)  # fmt: skip

LABELS = (  # axes, legends, units, days
    _("range over ties"), _("PAI"), _("share of area"), _("share of places"), _("share of events"),
    _("usual by chance"), _("places alike"), _("range"), _("evidence (log)"), _("standard deviational ellipse"),
    _("mean and median centre"), _("events per km2"), _("times as usual"), _("times chance"), _("times expected"),
    _("times the expected events"), _("times the lowest"), _("expected events"), _("begin"),
    _("standard deviations"), _("metres apart"), _("days apart"), _("metres"), _("m"), _("km²"), _("days"),
    _("places of events"), _("clusters"), _("relative risk"), _("all, weighted"), _("hour"), _("day"), _("week"),
    _("period"), _("Saturday"), _("Sunday"), _("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"),
)  # fmt: skip

READING = (  # roles of columns and what was left out
    _("lon"), _("lat"), _("x"), _("y"), _("date"), _("time"), _("date-to"), _("time-to"), _("place"), _("where"),
    _("name"), _("count"), _("exposure"), _("observed"), _("predicted"), _("size"), _("answers"), _("population"),
    _("weight"), _("kind"), _("since"), _("until"), _("states"), _("hours"), _("order"), _("gregorian"),
    _("jalali"), _("ymd"), _("dmy"), _("mdy"), _("no place"), _("no place in this system"), _("no date"),
    _("no hour"), _("outside the area"), _("before the period"), _("after the period"),
)  # fmt: skip

FIELDS = (  # of results, as words
    _("adjusted"), _("after"), _("alarm"), _("alone"), _("area"), _("area share"), _("areas"), _("around"),
    _("asked"), _("bandwidth (m)"), _("base share"), _("baseline"), _("before"), _("begins"), _("between"),
    _("bic negative binomial"), _("bic poisson"), _("bin (days)"), _("block (m)"), _("buffer"), _("by chance"),
    _("candidates"), _("causes"), _("cell"), _("cell (m)"), _("cells"), _("centres"), _("chance"), _("chance high"),
    _("chance low"), _("changed somewhere"), _("chosen"), _("closed"), _("cluster"), _("clusters found"),
    _("column"), _("common"), _("comparisons"), _("convention"), _("converged"), _("core events"), _("counted"),
    _("cut"), _("cycle"), _("degrees"), _("dense"), _("discs"), _("displacement"), _("distance (m)"), _("divisor"),
    _("drift"), _("drift p"), _("edge"), _("effective answers"), _("ends"), _("enough"), _("end"), _("equally far"),
    _("estimate"), _("events"), _("events given"), _("events share"), _("evidence"), _("exact"), _("expected"),
    _("explained by"), _("family"), _("feature"), _("features"), _("fewest"), _("first"), _("first day"),
    _("folds"), _("from (days)"), _("from (m)"), _("to (days)"), _("to (m)"), _("gain"), _("generalised"),
    _("generalised unbiased"), _("gini"), _("gini high"), _("gini low"), _("guard"), _("held out"), _("high"),
    _("hour unknown"), _("hours unknown"), _("in repeats"), _("in several"), _("in strings"), _("include last"),
    _("intercept"), _("key"), _("label"), _("last"), _("latest"), _("layer"), _("least"), _("left"), _("length"),
    _("level"), _("likelihood"), _("like"), _("local"), _("longer"), _("longest"), _("low"), _("low pass window"),
    _("max (days)"), _("max radius (m)"), _("max share"), _("mean"), _("mean x"), _("mean y"), _("median x"),
    _("median y"), _("method"), _("metric"), _("most"), _("most (m)"), _("n"), _("k"), _("near"), _("neighbours"),
    _("net"), _("noise"), _("one season"), _("outside"), _("overdispersion"), _("overlap"), _("p adjusted"),
    _("p drawn"), _("p etest"), _("p exact"), _("p fewer"), _("p high"), _("p low"), _("p method"),
    _("p neighbours"), _("p normal"), _("p poisson"), _("p poisson above"), _("p random"), _("p table"),
    _("p value"), _("p within"), _("pairs"), _("pai"), _("pai high"), _("pai low"), _("part"), _("pei"),
    _("pei high"), _("pei low"), _("penalty"), _("per (km²)"), _("periods"), _("places"), _("places share"),
    _("population share"), _("prevented"), _("ptools k"), _("quadrant"), _("quotient"), _("radii (m)"), _("kinds"),
    _("radius (m)"), _("rate"), _("ratio"), _("recorded"), _("recurs (days)"), _("remainder"), _("resolution"),
    _("right"), _("rival"), _("row"), _("rri"), _("rri high"), _("rri low"), _("rule"), _("runs"), _("s index"),
    _("s robust"), _("se"), _("season"), _("second"), _("selection"), _("share"), _("share missing"), _("shrunk"),
    _("similar"), _("space pairs"), _("spread"), _("spread (m)"), _("standard"), _("standard distance (m)"),
    _("standard unbiased"), _("start"), _("start min"), _("statistic"), _("stratum"), _("string"), _("style"),
    _("tail"), _("test share"), _("threshold"), _("ties"), _("time pairs"), _("together"), _("total"), _("treated"),
    _("trend"), _("trend window"), _("two peaks"), _("underlying"), _("underlying high"), _("underlying low"),
    _("unweighted"), _("usual"), _("usual from"), _("value"), _("variance normal"), _("variance random"),
    _("verdict"), _("why"), _("why not"), _("windows"), _("within (days)"), _("within (m)"), _("without exposure"),
    _("z"), _("z normal"), _("z random"), _("G"), _("chi-square"), _("displaced"), _("diffused"), _("worth"),
    _("comparison before"), _("comparison after"), _("prevented low"), _("prevented high"), _("weeks before"),
    _("weeks after"), _("autocorrelation"), _("counts"), _("balanced"), _("at"), _("dropped"), _("major (m)"),
    _("minor (m)"), _("azimuth"), _("theta"), _("theta se"), _("intercept se"), _("log likelihood"), _("deviance"),
    _("null deviance"), _("aic"), _("bic"), _("dispersion"), _("intervals"), _("rows"), _("collapsed"),
    _("iterations"), _("names"), _("coefficient"), _("per deviation"), _("inflation"), _("own share"),
)  # fmt: skip

CHOICES = (  # conventions, verdicts, options
    _("prediction"), _("density"), _("distance"), _("within"), _("euclidean"), _("manhattan"), _("greater"),
    _("two-sided"), _("two sided"), _("both"), _("binary"), _("even"), _("left out"), _("any cell"), _("none"),
    _("scott"), _("robust"), _("area flat"), _("ending"), _("any"), _("poisson"), _("negative binomial"),
    _("elastic net then stepwise"), _("elastic net"), _("stepwise"), _("all"), _("auto"), _("crimestat"),
    _("yuill"), _("queen"), _("rook"), _("moran"), _("geary"), _("local moran"), _("gi star"), _("gi"), _("normal"),
    _("random"), _("drawn"), _("saddlepoint"), _("fell"), _("rose"), _("no effect worth having"), _("cannot tell"),
    _("no displacement"), _("not looked at"), _("supported"), _("not supported"), _("station"), _("keep"),
    _("empty"), _("possible"),
)  # fmt: skip

WHY = (  # why there is no answer
    _("too few"), _("too few events"), _("too few places"), _("too few cells"), _("too few areas"),
    _("too few answers"), _("too few strata reached"), _("too few expected"), _("no events"), _("no cluster"),
    _("no columns"), _("no direction"), _("no exposure"), _("no neighbours"), _("no close pairs"),
    _("no convergence"), _("all equal"), _("one place"), _("one time"), _("one bin"), _("history short"),
    _("pool too small"), _("nothing like it"),
)  # fmt: skip

CAUSES = (  # keys of causes and why they are judged so
    _("dead lamps"), _("derelict buildings"), _("attractor hours"), _("near repeat"), _("recording"), _("nothing"),
    _("lamps"), _("derelict"), _("attractor"), _("neighbour change"), _("ahead of rivals"), _("some"),
    _("explained"), _("neighbour did not fall"), _("few near"), _("no sign"), _("undated"), _("place only"),
    _("no change"), _("none near"), _("few events"), _("short"), _("dark unknown"), _("even recording"),
    _("nothing supported"), _("something supported"), _("too few weeks"), _("too few comparison events"), _("less"),
    _("draws"), _("given"), _("general g"), _("season and trend"), _("short history"), _("aliased"),
    _("penalised to 0"), _("no better bic"), _("other way of its layer"), _("sign"), _("model"), _("blocks"),
    _("own"), _("nearest"), _("contiguity"), _("hexagons"),
    _("variance from weights, the place weighs as its heaviest neighbour"), _("variance from weights"),
    _("conditional variance, mean square over n"), _("conditional variance, mean square over n-1"),
    _("total variance, mean square over n"), _("stop"), _("stops"), _("park"), _("parks"), _("works"),
)  # fmt: skip

SENTENCES = (  # of causes: _causes_said and causes.REASONS
    _("The way of writing down changed, not what happened."),
    _("The way of writing down changed about %(day)s, and a rise across that day may be paper only."),
    _("There is more near the places of this layer (%(kind)s)."),
    _(
        "In the dark, within about %(m)s m of these lamps (%(named)s), more happens while they are out: %(count)s"
        " events there, %(expected)s by their usual days and hours."
    ),
    _(
        "Within about %(m)s m of these buildings (%(named)s), more happens since they are derelict: %(count)s "
        "events there, %(expected)s by their usual days and hours."
    ),
    _(
        "Within about %(m)s m of %(named)s (%(kind)s), more happens while it is open: %(count)s events there, "
        "%(expected)s by their usual days and hours."
    ),
    _(
        "Within about %(m)s m of %(named)s (%(kind)s), more happens around and after closing: %(count)s events "
        "there, %(expected)s by their usual days and hours."
    ),
    _(
        "Within about %(m)s m of %(named)s (%(kind)s), more happens around opening and closing: %(count)s events "
        "there, %(expected)s by their usual days and hours."
    ),
    _(
        "Within about %(m)s m of %(named)s (%(kind)s), more happens around opening: %(count)s events there, "
        "%(expected)s by their usual days and hours."
    ),
    _(
        "Where something happened, more follows within about %(m)s m and %(days)s days: %(count)s such pairs, "
        "%(expected)s by places and dates alone."
    ),
    _(
        "Since the change next door (%(named)s), more happens on that side, within about %(m)s m of it, against "
        "the rest of the station: %(count)s events there, %(expected)s by their usual days and hours."
    ),
    _(
        "Since the change next door (%(named)s) on %(day)s, more happens on that side, within about %(m)s m of "
        "it, against the rest of the station: %(count)s events there, %(expected)s by their usual days and hours."
    ),
    _(
        "Within about %(m)s m of these places (%(kind)s: %(named)s), more happens while they are in this state: "
        "%(count)s events there, %(expected)s by their usual days and hours."
    ),
    _("Nothing given here explains it."),
    _("Nothing given here explains it. Some quarter was busier for a season, whatever the reason."),
    _("Nothing can be said of %(kind)s."),
    _(
        "As many near these lamps on nights when they are lit, or by day while they are out; or no fall after "
        "they are mended."
    ),
    _(
        "As many near these buildings before they became derelict as since; or no fall once they are walled up, "
        "cleared or lived in."
    ),
    _("The same hours on its closed days; or the peak stays where it is when the hours change."),
    _(
        "No more pairs close in days than the places and dates alone would give; or the next weeks bring none "
        "near the last ones."
    ),
    _(
        "The side towards the neighbour moves as the rest of the station does; or the neighbour's own count did "
        "not fall; or it rose here before the change there."
    ),
    _("Another register (the emergency line, insurers, the hospital) shows the same change."),
    _("A layer not given here (works, a closed road, a new school, a market day) whose dates fit."),
    _(
        "Go after dark: which lamps are out, since when, is it darker than the next street, what else is shut or "
        "empty there at that hour?"
    ),
    _("Is it open, who owns it, since when empty, what lies about, which way do people come and go?"),
    _(
        "Stand there at that hour on an open and on a closed day: where do people wait, park, leave things; is "
        "there a steward and light?"
    ),
    _(
        "Visit the places around the last ones within days: what do they share (locks, entry, type of car), what "
        "was taken, how was it done?"
    ),
    _(
        "Ask the neighbour what was done, where and since which day; compare ways of doing and hours on both "
        "sides of the border."
    ),
    _("Who wrote the records, on which form or system, since when; take ten of before and ten of after and compare."),
    _("Ask the officers of the beat why here and why now; bring the dates of what changed there."),
    _("As many near these places while they are not in this state; or no change when the state ends."),
    _("Go there at that hour: is it as the layer says, since when, what else changed on the same day?"),
    _("As many at like places without it; or dates and hours, once given, that do not fit."),
    _("Give dates or opening hours for these places; then they can be tested."),
    _("The true dates and hours fit far better than the same ones moved in time."),
    _("The records lean this way, but chance or another history fits nearly as well."),
    _("A cause further up explains the same events."),
    _("The neighbour's own count did not fall after the change."),
    _("Fewer than five events lie near it while it is at work."),
    _("Near it, while it is at work, there is no more than usual."),
    _("Too few events fall near it while at work to tell either way."),
    _("The layer has neither dates nor hours: a busy street looks just like it."),
    _("More than at like places, but without dates or hours a busy street looks just like it."),
    _("Its state does not change within the time: there is nothing to compare."),
    _("None of it lies near the events."),
    _("Too few events for any answer."),
    _("The time is too short for any answer."),
    _("Days without a calendar do not tell when it is dark: give dark_hours."),
    _("The hour is known for too few events."),
    _("The way of writing down changed within the time: a rise across that day may be paper only."),
    _("The way of writing down did not change beyond chance."),
    _("No cause asked about is supported."),
    _("A cause asked about is supported."),
)

WORDS = frozenset(PAGE + TITLES + LABELS + READING + FIELDS + CHOICES + WHY + CAUSES)

NUMBER = r"(-?[\d.,]+)"
SHAPES = (  # words with something in them: how they look, how they are said, what stands in the places
    (re.compile(rf"{NUMBER} km"), _("%(n)s km"), ("n",)),
    (re.compile(rf"{NUMBER} m"), _("%(n)s m"), ("n",)),
    (re.compile(r"([A-Z][a-z]+day) (\d\d:\d\d)"), _("%(day)s %(clock)s"), ("day", "clock")),
    (re.compile(rf"\[{NUMBER}, {NUMBER}\)"), _("%(low)s up to %(high)s"), ("low", "high")),
    (re.compile(rf"\({NUMBER}, {NUMBER}\]"), _("above %(low)s to %(high)s"), ("low", "high")),
    (re.compile(rf"\[{NUMBER}, {NUMBER}\]"), _("%(low)s to %(high)s"), ("low", "high")),
    (re.compile(rf"(.+) (within|dense|count|density) {NUMBER} m"), _("%(layer)s %(kind)s %(n)s m"), ("layer", "kind", "n")),
    (re.compile(r"(.+) distance"), _("%(layer)s distance"), ("layer",)),
    (
        re.compile(rf"(.+) on a plane of metres around {NUMBER}, {NUMBER}"),
        _("%(system)s on a plane of metres around %(lon)s, %(lat)s"),
        ("system", "lon", "lat"),
    ),
    (re.compile(r"([a-z_ ]+)_place"), _("places of %(kind)s"), ("kind",)),
    (re.compile(r"([a-z_ ]+)_hours"), _("hours of %(kind)s"), ("kind",)),
    (re.compile(r"([a-z_ ]+)_state"), _("state of %(kind)s"), ("kind",)),
    (re.compile(r"no number in (.+)"), _("no number in %(column)s"), ("column",)),
    (re.compile(r"(.+) is not (.+)"), _("%(column)s is not %(value)s"), ("column", "value")),
)  # fmt: skip


def told(text: str, say: Callable[..., str]) -> str:
    """A word of `analysis` in the chosen language; what is not one of them (a name of the file) stands as it is."""
    plain = words(text)
    for one in (text, plain):
        if one in WORDS:
            return say(one)
    for shape, template, places in SHAPES:
        found = shape.fullmatch(text)
        if found:
            # the parts may be words, too
            return say(template, **{place: told(part, say) for place, part in zip(places, found.groups(), strict=True)})
    parts = text.split(" ")
    if len(parts) > 1 and all(part in WORDS for part in parts):
        return " ".join(say(part) for part in parts)
    return in_digits(text)


def in_digits(text: str) -> str:
    """Numbers in the digits of the language; a word with Latin letters in it is a name and stands as it is."""
    return in_persian(text) if language() == "fa" and not re.search("[A-Za-z]", text) else text


def day(moment: np.datetime64) -> str:
    """A day in the calendar of the language."""
    if np.isnat(moment):
        return "–"
    if language() != "fa":
        return str(moment)
    return calendar.day(moment.astype("datetime64[D]").item())


def words(name: str) -> str:
    """A field's name as words: near_repeat_m is "near repeat (m)"."""
    for ending, unit in (("_m", "m"), ("_km2", "km²"), ("_days", "days"), ("_on", "")):
        if name.endswith(ending) and len(name) > len(ending) + 1:
            name = name[: -len(ending)] + (f" ({unit})" if unit else "")
            break
    return name.replace("_", " ")
