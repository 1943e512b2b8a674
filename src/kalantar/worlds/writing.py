# SPDX-License-Identifier: BSD-3-Clause
"""A made-up station or province as the files a station would send, and `truths.json` beside them.

incidents.csv     one row an event: type, date, time, date to, time to, beat, longitude, latitude
boundaries.geojson  beats with code and station
streets.geojson   streets, main or not
layers.geojson    lamps, derelict buildings, attractors, stops, parks, changes next door, with their dates
exposure.csv      people at the spots along the streets
neighbour.csv     moments of the neighbour's own events
counties.geojson  the real counties (province only)
truths.json       what was planted: never an input
"""

import csv
import json
from pathlib import Path

import numpy as np
import shapely
from pyproj import Transformer

from kalantar.worlds.provinces import ATTRIBUTION, PLANE, Placed, counties

MIDDLE = (47.065, 34.314)  # where a single station is laid: the middle of Kermanshah, its streets invented


def write_station(made, folder, *, code="05-07-1", middle=None):
    """Write one station's files into `folder`; gives the paths."""
    to_plane = Transformer.from_crs(4326, PLANE, always_xy=True)
    middle = np.array(to_plane.transform(*MIDDLE)) if middle is None else middle
    county = next(one for one in counties() if code.startswith(one.code))
    return _write([Placed(code, county, np.asarray(middle), made)], Path(folder))


def write_province(made, folder):
    """Write all stations of a province into one set of files; gives the paths."""
    folder = Path(folder)
    written = _write(made.stations, folder)
    features = [_feature(one.outline, code=one.code, name=one.name, name_en=one.name_en) for one in made.counties]
    written.append(_geojson(folder / "counties.geojson", features, attribution=ATTRIBUTION))
    return written


def _write(placed, folder):
    folder.mkdir(parents=True, exist_ok=True)
    to_degrees = Transformer.from_crs(PLANE, 4326, always_xy=True)

    def degrees(xy, middle):
        lon, lat = to_degrees.transform(*(np.atleast_2d(xy) + middle).T)
        return np.round(np.column_stack([lon, lat]), 6)

    incidents, people, beats, streets, layers, next_door = [], [], [], [], [], []
    for one in placed:
        made, at = one.station, one.middle
        shapes = [shapely.Polygon(outline) for outline in made.ground.beats]
        for number, outline in enumerate(made.ground.beats):
            shape = shapely.Polygon(degrees(outline, at))
            beats.append(_feature(shape, code=f"{one.code}-{number + 1}", station=one.code, county=one.county.name))
        for a, b, main in zip(*(degrees(x, at) for x in (made.ground.street_from, made.ground.street_to)),
                              made.ground.street_is_main, strict=True):  # fmt: skip
            streets.append(_feature(shapely.LineString([a, b]), main=bool(main), station=one.code))
        layers += [_layer(feature, one.code, degrees(feature.xy, at)) for feature in made.features]
        incidents += _incidents(one, shapes, degrees(made.xy, at))
        people += [
            [one.code, *place, round(float(weight) * 1e4, 3)]
            for place, weight in zip(degrees(made.ground.spots, at), made.ground.people, strict=True)
        ]
        next_door += [[one.code, _written(moment)] for moment in made.neighbour]
    return [
        _csv(folder / "incidents.csv", ["reference", "station", "beat", "type", "date", "time", "date to", "time to",
                                        "longitude", "latitude"], incidents),
        _csv(folder / "exposure.csv", ["station", "longitude", "latitude", "people"], people),
        _csv(folder / "neighbour.csv", ["station", "moment"], next_door),
        _geojson(folder / "boundaries.geojson", beats),
        _geojson(folder / "streets.geojson", streets),
        _geojson(folder / "layers.geojson", layers),
        _json(folder / "truths.json", {one.code: one.station.truth for one in placed}),
    ]  # fmt: skip


def _incidents(one, shapes, places):
    made = one.station
    tree = shapely.STRtree(shapes)
    nearest = tree.nearest(shapely.points(made.xy))
    rows = []
    for row, (place, start, end) in enumerate(zip(places, made.start, made.end, strict=True)):
        whole_day = end - start >= np.timedelta64(1, "D") and start == start.astype("datetime64[D]")
        begin, finish = _written(start), _written(end)
        rows.append([
            f"{one.code}-{row + 1}",
            one.code,
            f"{one.code}-{nearest[row] + 1}",
            made.types[row],
            begin[:10],
            "" if whole_day else begin[11:],
            "" if whole_day or end == start else finish[:10],
            "" if whole_day or end == start else finish[11:],
            *place,
        ])  # fmt: skip
    return rows


def _layer(feature, station, places):
    states = [[None if np.isnat(one) else _written(one) for one in spell] for spell in feature.states]
    shape = shapely.Point(places[0])
    if len(places) > 1:
        closed = feature.kind == "park"
        shape = shapely.Polygon(places) if closed else shapely.LineString(places)
    since, until = (states[0] if len(states) == 1 else (None, None)) if states else (None, None)
    return _feature(
        shape, kind=feature.kind, name=feature.name, station=station, since=since, until=until, states=states,
        hours=[list(one) for one in feature.hours],
    )  # fmt: skip


def _written(moment):
    return str(np.datetime64(moment, "m")).replace("T", " ")


def _feature(shape, **properties):
    return {"type": "Feature", "properties": properties, "geometry": json.loads(shapely.to_geojson(shape))}


def _geojson(path, features, **more):
    return _json(path, {"type": "FeatureCollection", **more, "features": features})


def _json(path, value):
    path.write_text(json.dumps(value, ensure_ascii=False, indent=None, default=_plain) + "\n", encoding="utf-8")
    return path


def _plain(value):
    return value.item() if isinstance(value, np.generic) else str(value)


def _csv(path, heading, rows):
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(heading)
        writer.writerows(rows)
    return path
