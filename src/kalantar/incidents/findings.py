"""What the morning says about numbers: rises, high levels, hot cells, repeat places, and where too few events can tell.

Made by a job before each morning and after an import; pages only read the rows. Every method and source stands in
`kalantar.analysis`; here is only which counts are put to it, and what is kept.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from datetime import date, timedelta

import numpy as np
import shapely
from django.db import transaction
from django.db.models import Max, Min, Sum
from scipy import ndimage

from kalantar.analysis import hotspots, levels, recording, repeats, rises
from kalantar.analysis.areas import Plane
from kalantar.kernel import clock
from kalantar.people.models import Station
from kalantar.territory.models import Area, Beat

from .hours import PeriodsAgo
from .models import DailyCount, Finding, Import, Incident
from .queries_findings import SPOT_DIGITS

PERIOD_DAYS = 28  # "in 4 weeks": whole weeks, so that no weekday counts twice
PERIODS_A_YEAR = 13
WINDOW_DAYS = 90
CELL_M = 250.0
LEVEL = 0.05  # after correction for all comparisons of the morning
FEWEST_HOT = 30  # fewer events in the window: no pattern is drawn
SHOWN = {Finding.RISE: 5, Finding.HIGH: 3, Finding.HOT: 3, Finding.REPEAT: 3}
SPARK_PERIODS = 26
WEEKS_LOOKED_AT = 208  # of the past of a type whose records may have ended
ENDED = 1e-4  # rarer than this is a silence for a type's records to be said to have ended


def data_version(station_id: int) -> str:
    """Changes whenever the numbers could: imports that went live or were withdrawn, and the newest event."""
    live = Import.objects.filter(state=Import.LIVE).aggregate(last=Max("pk"), when=Max("live_at"))
    newest = Incident.objects.filter(station_id=station_id).aggregate(last=Max("pk"))["last"]
    gone = Import.objects.filter(state__in=[Import.WITHDRAWN, Import.SWEPT]).count()
    return hashlib.sha256(f"{live['last']}|{live['when']}|{newest}|{gone}".encode()).hexdigest()[:16]


def make_all(on: date) -> dict[str, int]:
    """The findings of a morning for every station that has events; the same day made anew replaces its own rows."""
    high, ended = _levels(on), _ended(on)
    made: Counter[str] = Counter()
    for station in Station.objects.order_by("pk"):
        made.update(make(station, on, high=high, ended=ended))
    return dict(made)


def make(station, on: date, *, high: dict | None = None, ended: dict | None = None) -> Counter:
    """One station's findings as of the end of the day before `on`.

    high, ended : what was found over all stations, where it is known already.
    """
    beats = {b.pk: b for b in Beat.objects.in_force().filter(station=station)}
    series = _series(station.pk, on, beats)
    rows: list[Finding] = []
    if series:
        silent = {**(_ended(on) if ended is None else ended), **_ended(on, station.pk)}
        silent = {
            t: {**found, "usual": _usual(series[t, None], on, date.fromisoformat(found["last_on"]))}
            for t, found in silent.items()
            if (t, None) in series
        }
        rows += _rises({key: counts for key, counts in series.items() if key[0] not in silent}, on)
        rows += [
            _finding(Finding.TOO_FEW, t, None, "rise/ended", {"at": ENDED}, **found) for t, found in silent.items()
        ]
        rows += (_levels(on) if high is None else high).get(station.pk, [])
        rows += _hot_cells(station, on, beats)
        rows += _repeats(station, on)
    else:  # said in words, so that neither an older morning nor silence speaks for this one
        rows.append(_finding(Finding.TOO_FEW, None, None, "rise/no_data", {"period_days": PERIOD_DAYS}, series=[], n=0))
    rows.sort(key=lambda row: row.kind == Finding.TOO_FEW)  # silence is told last
    version, now = data_version(station.pk), clock.now()
    for rank, row in enumerate(rows):
        row.station_id, row.on, row.rank = station.pk, on, rank
        row.data_version, row.made_at = version, now
    with transaction.atomic():
        _replace(station, on, rows)
    return Counter(row.kind for row in rows)


def _replace(station, on: date, rows: list[Finding]) -> None:
    """What is said again keeps its row, so that a page opened this morning still leads to it; the rest goes."""
    before = {_subject(row): row for row in Finding.objects.filter(station=station, on=on)}
    kept = []
    for row in rows:
        if (same := before.pop(_subject(row), None)) is not None:
            row.pk = same.pk
            kept.append(row)
    Finding.objects.filter(pk__in=[row.pk for row in before.values()]).delete()
    Finding.objects.bulk_update(kept, ["rank", "method", "parameters", "data_version", "result", "made_at"])
    Finding.objects.bulk_create([row for row in rows if row.pk is None])


def _subject(row: Finding) -> tuple:
    return row.kind, row.type_id, row.beat_id, row.result.get("lon"), row.result.get("lat")


# ---- rises: each beat and type, and the station as a whole, against its own past ----


def _told():
    """Totals a finding may speak of: family matters and the like never enter one, since its map shows a beat (R14)."""
    return DailyCount.objects.live().exclude(type__never_drawn=True)


def _series(station_id: int, on: date, beats: dict) -> dict:
    """Counts per 28-day period, newest last, the last period ending the day before `on`.

    Returns {(type, beat or None): int array}, from the type's first whole period on.
    """
    totals = _told().filter(station_id=station_id, local_date__lt=on)
    per_period = (
        totals.annotate(ago=PeriodsAgo("local_date", on, PERIOD_DAYS))
        .values_list("type_id", "beat_id", "ago")
        .annotate(n=Sum("n"))
    )
    first: dict[int, date] = dict(totals.values_list("type_id").annotate(d=Min("local_date")))
    if not first:
        return {}
    periods = {t: (on - day).days // PERIOD_DAYS for t, day in first.items()}
    series = {}
    for t, n in periods.items():
        for beat in (None, *beats):
            series[t, beat] = np.zeros(max(n, 1), dtype=np.int64)
    for t, beat, ago, n in per_period:
        for key in ((t, None), (t, beat)):
            if key in series and ago < len(series[key]):
                series[key][-1 - ago] += n
    return series


def _rises(series: dict, on: date) -> list[Finding]:
    seen = {}
    found, silent = [], defaultdict(list)
    for key, counts in series.items():
        if len(counts) > 1:
            seen[key] = rises.rise(counts[:-1], int(counts[-1]), per_year=PERIODS_A_YEAR)
        else:
            silent["history_short"].append(key)
    keys = list(seen)
    corrected = rises.many(np.array([seen[key].p_value if seen[key].enough else np.nan for key in keys]))
    for key, adjusted in zip(keys, corrected.adjusted, strict=True):
        rise, (t, beat) = seen[key], key
        if not rise.enough:
            silent[rise.why_not].append(key)
        elif adjusted <= LEVEL and rise.count > rise.high:
            found.append(
                (
                    adjusted,
                    rise.p_value,
                    _finding(
                        Finding.RISE,
                        t,
                        beat,
                        f"rise/{rise.method}",
                        {"period_days": PERIOD_DAYS, "level": LEVEL},
                        count=rise.count,
                        expected=round(rise.expected, 2),
                        low=rise.low,
                        high=rise.high,
                        p=rise.p_value,
                        p_adjusted=float(adjusted),
                        comparisons=corrected.comparisons,
                        from_on=str(on - timedelta(days=PERIOD_DAYS)),
                        to_on=str(on - timedelta(days=1)),
                        series=[int(n) for n in series[key][-SPARK_PERIODS:]],
                    ),
                )
            )
    found.sort(key=lambda entry: entry[:2])
    rows = [row for *_, row in found[: SHOWN[Finding.RISE]]]
    if silent:
        rows_silent = [[t, beat] for keys in silent.values() for t, beat in keys]
        rows.append(
            _finding(
                Finding.TOO_FEW,
                None,
                None,
                "rise/none",
                {"period_days": PERIOD_DAYS},
                series=rows_silent,
                n=len(rows_silent),
                reasons={why: len(keys) for why, keys in silent.items()},
                comparisons=corrected.comparisons,
            )
        )
    elif not rows:
        rows.append(
            _finding(
                Finding.TOO_FEW,
                None,
                None,
                "rise/nothing",
                {"period_days": PERIOD_DAYS},
                series=[],
                n=0,
                reasons={},
                comparisons=corrected.comparisons,
            )
        )
    return rows


# ---- records that end: no fall, and nothing to compare ----


def _ended(on: date, station_id: int | None = None) -> dict[int, dict]:
    """Types of which nothing is on record since a day, while others go on, though their past makes that all but
    impossible and knows no silence nearly as long (a season has one every year); in one station or in all.
    Three statements, one where no type is silent for a week."""
    totals = _told().filter(local_date__lt=on)
    totals = totals.filter(station_id=station_id) if station_id else totals
    last: dict[int, date] = dict(totals.values_list("type_id").annotate(d=Max("local_date")))
    newest = max(last.values(), default=on)
    weeks = {t: (newest - day).days // 7 for t, day in last.items()}
    silent = {t: n for t, n in weeks.items() if 0 < n < WEEKS_LOOKED_AT}
    if not silent:
        return {}
    since = newest - timedelta(days=7 * WEEKS_LOOKED_AT - 1)
    counts = {t: np.zeros(WEEKS_LOOKED_AT, dtype=np.int64) for t in silent}
    first: dict[int, date] = dict(totals.filter(type__in=silent).values_list("type_id").annotate(d=Min("local_date")))
    for t, day, n in (
        totals.filter(type__in=silent, local_date__gte=since).values_list("type_id", "local_date").annotate(n=Sum("n"))
    ):
        counts[t][-1 - (newest - day).days // 7] += n
    found = {}
    for t, n in silent.items():
        whole = min(WEEKS_LOOKED_AT, (newest - first[t]).days // 7)
        past = counts[t][WEEKS_LOOKED_AT - whole : -n]
        drop = recording.recording_drop(past, np.zeros(n), per_year=52)
        if drop.is_drop(at=ENDED) and n > 1.5 * _longest_silence(past):
            found[t] = {
                "last_on": str(last[t]),
                "until": str(newest),
                "expected": round(drop.expected, 1),
                "p": drop.p_value,
            }
    return found


def _usual(counts, on: date, last_on: date) -> float:
    """How many came in four weeks here, over the last whole year before the records ended."""
    touched = -(-((on - last_on).days - 1) // PERIOD_DAYS)
    year = counts[: max(1, len(counts) - touched)][-PERIODS_A_YEAR:]
    return round(float(year.mean()), 1)


def _longest_silence(counts) -> int:
    """The longest run of zeros between two events."""
    at = np.flatnonzero(counts)
    return int(np.diff(at).max()) - 1 if len(at) > 1 else 0


# ---- always high: a beat against all beats of the installation, by square kilometre ----


def _levels(on: date) -> dict[int, list[Finding]]:
    """Beats whose year lies above what like beats have on the same ground. Dwellings, vehicles and shops are not known
    here, so the exposure is the area, and the finding says so."""
    beats = list(Beat.objects.in_force().only("pk", "station_id", "area_m2").order_by("pk"))
    since = on - timedelta(days=364)
    rows = _told().filter(local_date__gte=since, local_date__lt=on)
    counts: dict[int, Counter] = defaultdict(Counter)
    for t, beat, n in rows.values_list("type_id", "beat_id").annotate(n=Sum("n")):
        counts[t][beat] += n
    found: dict[int, list[tuple[float, Finding]]] = defaultdict(list)
    if len(beats) < 2:
        return {}
    km2 = np.array([beat.area_m2 / 1e6 for beat in beats])
    for t, by_beat in counts.items():
        result = levels.levels(np.array([by_beat[beat.pk] for beat in beats]), km2)
        p = rises.many(np.array([a.p_value if a.enough else np.nan for a in result.areas]))
        for beat, area, adjusted in zip(beats, result.areas, p.adjusted, strict=True):
            if area.enough and adjusted <= LEVEL and area.count > area.high:
                found[beat.station_id].append(
                    (
                        -area.shrunk,
                        _finding(
                            Finding.HIGH,
                            t,
                            beat.pk,
                            "level/funnel",
                            {"days": 364, "exposure": "km2", "level": LEVEL},
                            count=area.count,
                            rate=round(area.rate, 2),
                            like=round(area.like, 2),
                            ratio=round(area.ratio, 2) if math.isfinite(area.ratio) else None,  # None: elsewhere none
                            shrunk=round(area.shrunk, 2),
                            low=area.low,
                            high=area.high,
                            p=area.p_value,
                            p_adjusted=float(adjusted),
                            comparisons=p.comparisons,
                            areas=len(beats),
                            from_on=str(since),
                            to_on=str(on - timedelta(days=1)),
                        ),
                    )
                )
    return {
        station: [row for _, row in sorted(rows, key=lambda entry: entry[0])[: SHOWN[Finding.HIGH]]]
        for station, rows in found.items()
    }


# ---- where: cells above their surroundings; only what may be drawn ----


def _hot_cells(station, on: date, beats: dict) -> list[Finding]:
    area = Area.objects.in_force().filter(station=station).first()
    if area is None:
        return []
    plane = Plane.around([area.west, area.east], [area.south, area.north])
    ground = shapely.transform(
        shapely.from_wkb(bytes(area.geometry)), lambda at: np.column_stack(plane.to_metres(*at.T))
    )
    grid = hotspots.grid_over(ground, cell_m=CELL_M)
    since = on - timedelta(days=WINDOW_DAYS)
    events = (
        Incident.objects.live()
        .drawable()
        .filter(station=station)
        .between(since, on)
        .exclude(lon=None)
        .values_list("type_id", "lon", "lat")
    )
    by_type: dict[int, list] = defaultdict(list)
    for t, lon, lat in events:
        by_type[t].append((lon, lat))
    rows = []
    for t, points in sorted(by_type.items(), key=lambda entry: -len(entry[1])):
        if len(points) < FEWEST_HOT:
            continue
        result = hotspots.hot_cells(*plane.to_metres(*np.array(points).T), grid=grid)
        hot = np.flatnonzero(result.level >= 2)
        if len(hot):
            cells = _clustered(result, hot, plane)
            for cell in cells:
                cell["beat"] = _beat_at(beats, cell["ring"])
            rows.append(
                _finding(
                    Finding.HOT,
                    t,
                    None,
                    "hot_cells/gi_star_exact",
                    {"cell_m": CELL_M, "days": WINDOW_DAYS, "level": LEVEL},
                    n=len(points),
                    clusters=max(cell["cluster"] for cell in cells),
                    comparisons=result.comparisons,
                    cells=cells,
                    from_on=str(since),
                    to_on=str(on - timedelta(days=1)),
                )
            )
    return rows[: SHOWN[Finding.HOT]]


def _beat_at(beats: dict, ring: list) -> int | None:
    """The beat in which most of a cell lies."""
    square = shapely.Polygon(ring)
    shared = {pk: shapely.from_wkb(bytes(beat.geometry)).intersection(square).area for pk, beat in beats.items()}
    nearest = max(shared, key=shared.__getitem__, default=None)
    return nearest if nearest is not None and shared[nearest] > 0 else None


def _clustered(result, hot, plane) -> list[dict]:
    """Hot cells as they are drawn and listed; cells that touch are one cluster, the busiest cluster is number 1."""
    grid = result.grid
    mark = np.zeros(grid.mask.shape, dtype=bool)
    mark[result.row[hot], result.column[hot]] = True
    label, n = ndimage.label(mark, structure=np.ones((3, 3)))
    of_cell = label[result.row[hot], result.column[hot]]
    events = np.bincount(of_cell, result.count[hot], n + 1)
    number = {int(k): i + 1 for i, k in enumerate(np.argsort(-events[1:], kind="stable") + 1)}
    cells = []
    for i, k in zip(hot, of_cell, strict=True):
        x, y = grid.x0 + result.column[i] * grid.cell_m, grid.y0 + result.row[i] * grid.cell_m
        far_x, far_y = x + grid.cell_m, y + grid.cell_m
        ring = plane.to_lonlat(np.array([x, far_x, far_x, x]), np.array([y, y, far_y, far_y]))
        cells.append(
            {
                "cluster": number[int(k)],
                "ring": [[round(float(lon), 6), round(float(lat), 6)] for lon, lat in zip(*ring, strict=True)],
                "count": int(result.count[i]),
                "around": int(result.around[i]),
                "low": int(result.low[i]),
                "high": int(result.high[i]),
                "p_adjusted": float(result.p_adjusted[i]),
                "level": int(result.level[i]),
            }
        )
    return sorted(cells, key=lambda cell: (cell["cluster"], -cell["around"]))


# ---- again: the same spot, never a dwelling ----


def _repeats(station, on: date) -> list[Finding]:
    events = list(
        Incident.objects.live()
        .filter(station=station, shown_as=Incident.POINT)
        .between(on - timedelta(days=3 * 365), on)
        .exclude(lon=None)
        .exclude(place_kind="dwelling")
        .order_by("occurred_from", "pk")
        .values_list("type_id", "lon", "lat", "local_date", "beat_id", "place_text", "place_kind")
    )
    by_type: dict[int, list] = defaultdict(list)
    for event in events:
        by_type[event[0]].append(event)
    rows = []
    for t, group in by_type.items():
        keys = [(round(lon, SPOT_DIGITS), round(lat, SPOT_DIGITS)) for _, lon, lat, *_ in group]
        days = np.array([(event[3] - on).days for event in group])
        result = repeats.repeat_places(keys, days, window_days=WINDOW_DAYS, until=-1)
        for place in result.places:
            if place.p_adjusted > LEVEL:
                continue
            last = group[place.rows[-1]]
            rows.append(
                (
                    place.p_adjusted,
                    -place.count,
                    _finding(
                        Finding.REPEAT,
                        t,
                        last[4],
                        "repeat_places/binomial",
                        {"days": WINDOW_DAYS, "level": LEVEL},
                        count=place.count,
                        total=place.total,
                        expected=round(place.expected, 2),
                        p=place.p_value,
                        p_adjusted=place.p_adjusted,
                        comparisons=result.comparisons,
                        lon=place.place[0],
                        lat=place.place[1],
                        place=last[5],
                        place_kind=last[6],
                        dates=[str(group[i][3]) for i in place.rows],
                    ),
                )
            )
    rows.sort(key=lambda entry: entry[:2])
    return [row for *_, row in rows[: SHOWN[Finding.REPEAT]]]


def _finding(kind: str, type_id: int | None, beat_id: int | None, method: str, parameters: dict, **result) -> Finding:
    return Finding(kind=kind, type_id=type_id, beat_id=beat_id, method=method, parameters=parameters, result=result)


def sweep(keep_days: int = 400) -> int:
    """Findings are made anew each morning; signed briefs keep what was said."""
    return Finding.objects.filter(on__lt=clock.today() - timedelta(days=keep_days)).delete()[0]
