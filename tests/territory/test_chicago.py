"""Real ground: 25 district shapes, 277 beat shapes, 193,955 real events."""

import csv
import gzip

import numpy as np
import pytest

from kalantar.formats import transform_points
from kalantar.kernel.change import Refused
from kalantar.people.actors import COMMAND_LINE
from kalantar.territory.imports import import_boundaries
from kalantar.territory.locate import index, locate
from kalantar.territory.models import Area, Beat

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def events(shared_data):
    """Longitude and latitude of all assaults, then of all burglaries."""
    with gzip.open(shared_data / "crime" / "chicago_aggravated_assaults.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    assaults = np.array([(float(r["longitude"]), float(r["latitude"])) for r in rows])
    with gzip.open(shared_data / "crime" / "chicago_burglary_2014_2017.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    x, y = np.array([(float(r["x"]), float(r["y"])) for r in rows]).T
    return assaults, np.column_stack(transform_points(x, y, "EPSG:26971"))


def test_25_shapes_become_22_stations(chicago_ground):
    report, _ = chicago_ground
    assert (report.shapes, len(report.taken), report.stations) == (25, 22, 22)
    assert Area.objects.in_force().count() == 22
    assert dict(report.merged) == {"31": 3}
    assert [(out.code, out.why, out.shapes) for out in report.left_out] == [("31", "no_station", 3)]
    assert report.overlaps == ()
    assert report.duplicates == ()


def test_277_shapes_become_274_beats_of_the_right_stations(chicago_ground):
    _, report = chicago_ground
    assert (report.shapes, len(report.taken), report.stations, report.by) == (277, 274, 22, "overlap")
    assert [(out.code, out.why, out.shapes) for out in report.left_out] == [("3100", "no_station", 3)]
    wrong = [t.code for t in report.taken if int(t.code[:2]) != int(t.station[1:])]
    assert wrong == []
    assert {beat.name for beat in Beat.objects.filter(code="0111")} == {"محله 0111"}


def test_without_areas_the_code_tells_the_station(chicago, chicago_files):
    report = import_boundaries(chicago_files[1], kind="beat", by=COMMAND_LINE, dry_run=True)
    assert (report.by, len(report.taken), report.stations) == ("prefix", 274, 22)
    assert [t.code for t in report.taken if int(t.code[:2]) != int(t.station[1:])] == []
    assert Beat.objects.count() == 0


def test_every_event_lies_in_exactly_one_beat_or_is_named_as_outside(chicago_ground, events):
    assaults, burglaries = events
    everything = np.vstack([assaults, burglaries])
    assert len(everything) == 193_955
    beat, station = locate(*everything.T)
    assert ((beat > 0) == (station > 0)).all()
    owner = dict(Beat.objects.values_list("pk", "station_id"))
    assert all(owner[b] == s for b, s in set(zip(beat[beat > 0].tolist(), station[beat > 0].tolist(), strict=True)))
    # 113 outside the 22 stations: 12 of them lie in the three shapes 3100, which are no station's.
    assert int((beat < 0).sum()) == 113
    assert index().polygons.matches(*everything.T).max() == 1


def test_the_14_events_on_a_border_and_the_101_in_no_shape(chicago_files, events, chicago):
    """With the city's own 277 shapes: "intersects" puts 14 events into two beats, "within" into none; we into one each."""
    import shapely

    from kalantar.formats import read_shapes

    shapes = np.array(read_shapes(chicago_files[1]).geometry, dtype=object)
    everything = np.vstack(events)
    found, _ = shapely.STRtree(shapes).query(shapely.points(everything), predicate="intersects")
    times = np.bincount(found, minlength=len(everything))
    on_border = np.flatnonzero(times == 2)
    assert (len(on_border), int((times == 0).sum()), int((times > 2).sum())) == (14, 101, 0)
    assert sorted({tuple(p) for p in everything[on_border].round(4).tolist()})[:2]
    import_boundaries(chicago_files[0], kind="station", by=COMMAND_LINE)
    import_boundaries(chicago_files[1], kind="beat", by=COMMAND_LINE)
    beat, _ = locate(*everything[on_border].T)
    assert (beat > 0).all()


def test_taking_the_same_files_over_again_changes_nothing(chicago_ground, chicago_files):
    before = list(Beat.objects.order_by("pk").values_list("pk", "ended_on"))
    report = import_boundaries(chicago_files[1], kind="beat", by=COMMAND_LINE)
    assert report.ending == ()
    assert list(Beat.objects.order_by("pk").values_list("pk", "ended_on")) == before


@pytest.mark.parametrize(("driver", "crs"), [("GPKG", "EPSG:26971"), ("ESRI Shapefile", "EPSG:3435")])
def test_another_format_and_system_gives_the_same_ground(chicago_ground, chicago_files, tmp_path, driver, crs, events):
    path = written_as(chicago_files[1], tmp_path, driver, crs)
    before, _ = locate(*events[0].T)
    code = dict(Beat.objects.values_list("pk", "code"))
    report = import_boundaries(path, kind="beat", by=COMMAND_LINE)
    assert (report.shapes, len(report.taken)) == (277, 274)
    after, _ = locate(*events[0].T)
    later = dict(Beat.objects.values_list("pk", "code"))
    moved = [i for i in np.flatnonzero(before != after) if code.get(before[i]) != later.get(after[i])]
    # Coordinates went to metres and back: only events within a nanodegree of a line may have changed sides.
    assert len(moved) <= 5


def test_swapped_axes_are_refused_and_nothing_is_written(chicago, chicago_files, tmp_path):
    import json

    whole = json.loads(chicago_files[0].read_text())
    for feature in whole["features"]:
        feature["geometry"]["coordinates"] = turned(feature["geometry"]["coordinates"])
    path = tmp_path / "swapped.geojson"
    path.write_text(json.dumps(whole))
    with pytest.raises(ValueError, match="swapped") as refused:
        import_boundaries(path, kind="station", by=COMMAND_LINE)
    assert refused.value.key == "swapped_coordinates"
    assert not Area.objects.exists()


def test_a_file_of_another_city_finds_no_station(chicago, shared_data):
    with pytest.raises((Refused, ValueError)) as refused:
        import_boundaries(shared_data / "boundaries" / "nyc_precincts.geojson", kind="station", by=COMMAND_LINE)
    assert refused.value.key in {"boundaries_without_station", "outside_area"}


def turned(coordinates):
    return coordinates[::-1] if isinstance(coordinates[0], float) else [turned(part) for part in coordinates]


def written_as(source, folder, driver, crs):
    import zipfile

    import pyogrio
    import pyogrio.raw
    import shapely
    from pyproj import Transformer

    meta, _, wkb, values = pyogrio.raw.read(source)
    to = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    moved = shapely.transform(shapely.from_wkb(wkb), lambda c: np.column_stack(to.transform(c[:, 0], c[:, 1])))
    path = folder / ("beats.gpkg" if driver == "GPKG" else "beats.shp")
    pyogrio.raw.write(path, geometry=shapely.to_wkb(moved), field_data=values, fields=meta["fields"], crs=crs, driver=driver,
                      geometry_type="MultiPolygon" if driver == "GPKG" else "Polygon")
    if driver == "GPKG":
        return path
    packed = folder / "beats.zip"
    with zipfile.ZipFile(packed, "w") as out:
        for part in folder.glob("beats.*"):
            if part.suffix != ".zip":
                out.write(part, part.name)
    return packed
