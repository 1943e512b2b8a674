"""A week of an analyst in one page: Chicago, from "is it high?" to "did it help?".

Run it where the project is installed: `python docs/worked/chicago.py`. Every number comes from the events the
demonstration carries; every step says what it may not be taken for. The tests execute this file.
"""

import csv
import io
import json
import lzma
from importlib import resources

import numpy as np
import pyproj
import shapely

from kalantar.analysis import areas, grids, hotspots, impact, intervals, levels, near_repeat, rises, risk

DATA = resources.files("kalantar.data") / "chicago"
PLANE = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:26971", always_xy=True)


def table(name):
    """Columns of a packed CSV file, name to list of texts."""
    text = lzma.decompress((DATA / f"{name}.csv.xz").read_bytes()).decode("utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    return {column: [row[column] for row in rows] for column in rows[0]}


def shapes(name):
    """Areas of a packed GeoJSON file in metres, and their names."""
    features = json.loads(lzma.decompress((DATA / f"{name}.geojson.xz").read_bytes()))["features"]
    degrees = np.array([shapely.from_geojson(json.dumps(f["geometry"])) for f in features])
    moved = shapely.transform(degrees, lambda xy: np.column_stack(PLANE.transform(*xy.T)))
    return shapely.make_valid(moved), [str(f["properties"]["District"]) for f in features]


def places(name):
    """Features in metres, array (n, 2)."""
    read = table(name)
    return np.column_stack(PLANE.transform(np.array(read["lon"], float), np.array(read["lat"], float)))


def main():
    told = {}

    # 1. The events: burglaries have a date, assaults a minute.
    read = table("burglaries")
    xy = np.column_stack([np.array(read["x"], float), np.array(read["y"], float)])
    day = np.array([f"{d[6:]}-{d[3:5]}-{d[:2]}" for d in read["date"]], "datetime64[D]")
    in_2016 = (day >= np.datetime64("2016-01-01")) & (day < np.datetime64("2017-01-01"))
    districts, names = shapes("districts")
    index = areas.PolygonIndex(list(districts))
    told["areas"] = areas.areas_of(xy[in_2016], index, names=names)

    # 2. High? Against the other districts, an event per square kilometre: high is not risen.
    told["level"] = levels.levels(told["areas"].count, shapely.area(districts) / 1e6)

    # 3. Risen? The last four weeks of 2016 in one district against its own past.
    which = index.locate(*np.ascontiguousarray(xy.T))
    busiest = int(np.argmax(told["areas"].count))
    days = day.astype(int).astype(float)
    until = int(np.datetime64("2016-12-31").astype(int))
    history, current = rises.periods(days[which == busiest], until=until, length_days=28, count=38)
    told["rise"] = rises.rise(history, current, per_year=365.2422 / 28)

    # 4. Where? Squares of 250 m inside that district, corrected for all of them.
    grid = grids.grid_over(districts[busiest], cell_m=250)
    there = xy[in_2016 & (which == busiest)]
    told["hot"] = hotspots.hot_cells(there, grid=grid)

    # 5. When? The hours of assaults (burglaries here have none).
    assaults = table("assaults")
    moments = np.array([m.replace(" ", "T") for m in assaults["date"]], "datetime64[m]")
    told["hours"] = intervals.hours(moments[moments >= np.datetime64("2016-01-01")], cycle="day")

    # 6. Again? Near repeats of the whole city in 2016, one p for the whole table.
    told["again"] = near_repeat.knox(
        xy[in_2016], days[in_2016], space_m=[0, 100, 200, 300, 400], time_days=[0, 7, 14, 21],
        runs=999, rng=np.random.default_rng(1),
    )  # fmt: skip

    # 7. Why here? Empty buildings and shops that sell drink: neighbours of events, not their cause.
    coarse = grids.grid_over(districts[busiest], cell_m=200)
    row, column = np.nonzero(coarse.mask)
    told["why"] = risk.risk_terrain(
        there, {"empty buildings": places("abandoned_buildings"), "drink shops": places("liquor_retail")},
        cells=np.column_stack(coarse.centre(row, column)), cell_m=200, rng=np.random.default_rng(1),
    )  # fmt: skip

    # 8. Did it help? As if something had begun there in 2017: weeks before and after, against the most alike districts.
    week = ((day - np.datetime64("2015-01-05")).astype(int)) // 7
    weekly = np.zeros((len(names), 155))
    some = (which >= 0) & (week >= 0) & (week < 155)
    np.add.at(weekly, (which[some], week[some]), 1)
    others = np.delete(weekly, busiest, axis=0)
    told["helped"] = impact.impact(weekly[busiest], others, began=104, chosen="auto")

    print(f"District {names[busiest]} had {int(told['areas'].count[busiest])} burglaries in 2016.")
    print(f"Like districts: {told['level'].areas[busiest].low} to {told['level'].areas[busiest].high} are usual.")
    print(f"Last four weeks: {told['rise'].count}; usual {told['rise'].low} to {told['rise'].high}.")
    print(f"Hot squares: {int((told['hot'].level >= 2).sum())} of {told['hot'].comparisons}.")
    print(f"Most assaults at {told['hours'].label[int(np.argmax(told['hours'].weight))]} o'clock.")
    print(f"Within 100 m and a week: {told['again'].ratio[0, 0]:.2f} times as many pairs as chance makes.")
    print("Go with the events: " + (", ".join(told["why"].model.names) or "nothing given"))
    print(f"As if something had begun: {told['helped'].verdict}.")
    return told


if __name__ == "__main__":
    main()
