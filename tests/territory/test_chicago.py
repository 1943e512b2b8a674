"""Real ground: 25 district shapes, 277 beat shapes, 193,955 real events."""

import csv
import gzip
import json
import zipfile

import numpy as np
import pyogrio.raw
import pytest
import shapely
from django.test import Client
from django.urls import reverse
from pyproj import Transformer

from kalantar.analysis.areas import PolygonIndex
from kalantar.formats import FileRefused, read_shapes, transform_points
from kalantar.people import sessions
from kalantar.people.actors import COMMAND_LINE
from kalantar.people.models import Unit
from kalantar.territory.imports import import_boundaries
from kalantar.territory.locate import index, locate
from kalantar.territory.models import Area, Beat
from tests.cast import actor_of

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


def test_25_district_shapes_and_277_beat_shapes_become_22_stations_and_274_beats(chicago_ground, chicago_files):
    areas, beats = chicago_ground
    assert (areas.shapes, len(areas.taken), areas.stations, areas.by) == (25, 22, 22, "code")
    assert dict(areas.merged) == {"31": 3}
    assert [(out.code, out.why, out.shapes) for out in areas.left_out] == [("31", "no_station", 3)]
    assert (areas.overlaps, areas.duplicates) == ((), ())

    assert (beats.shapes, len(beats.taken), beats.stations, beats.by) == (277, 274, 22, "overlap")
    assert dict(beats.merged) == {"3100": 3}
    assert [(out.code, out.why, out.shapes) for out in beats.left_out] == [("3100", "no_station", 3)]
    assert [t.code for t in beats.taken if int(t.code[:2]) != int(t.station[1:])] == []
    assert (beats.overlaps, beats.duplicates) == ((), ())
    assert beats.gap_m2 < 1e4  # the beats fill their stations' areas

    before = list(Beat.objects.order_by("pk").values_list("pk", "ended_on"))
    again = import_boundaries(chicago_files[1], kind="beat", by=COMMAND_LINE, only_known=True)
    assert (again.done, again.ending) == (True, ())
    assert list(Beat.objects.order_by("pk").values_list("pk", "ended_on")) == before


def test_without_areas_the_code_tells_the_station(chicago, chicago_files):
    report = import_boundaries(chicago_files[1], kind="beat", by=COMMAND_LINE, dry_run=True, only_known=True)
    assert (report.done, report.by, len(report.taken), report.stations) == (True, "prefix", 274, 22)
    assert [t.code for t in report.taken if int(t.code[:2]) != int(t.station[1:])] == []
    assert Beat.objects.count() == 0


# The nine places of the 14 events that lie on a border, and the two beats each of them touches.
ON_A_BORDER = {
    (-87.6929, 41.8811): ("1125", "1222"),
    (-87.6137, 41.8312): ("0211", "0212"),
    (-87.6348, 41.7941): ("0711", "0935"),
    (-87.7227, 41.8443): ("1013", "1031"),
    (-87.6349, 41.6846): ("0522", "0524"),
    (-87.6234, 41.7437): ("0631", "0632"),
    (-87.6006, 41.8023): ("0222", "0233"),
    (-87.6593, 41.7787): ("0724", "0725"),
    (-87.7564, 41.9319): ("2514", "2521"),
}


def test_193955_events_lie_in_one_beat_each_or_are_named_as_outside(chicago_ground, chicago_files, events):
    """ "intersects" puts 14 events into two beats and "within" into none; the index puts each into one of its two."""
    everything = np.vstack(events)
    assert len(everything) == 193_955
    shapes = read_shapes(chicago_files[1])
    points = shapely.points(everything)
    event, shape = shapely.STRtree(shapes.geometry).query(points, predicate="intersects")
    times = np.bincount(event, minlength=len(everything))
    on_border = np.flatnonzero(times == 2)
    assert (len(on_border), int((times == 0).sum()), int((times > 2).sum())) == (14, 101, 0)
    touched = {
        tuple(everything[at].round(4).tolist()): tuple(
            sorted(shapes.properties[s]["District"] for s in shape[event == at])
        )
        for at in on_border
    }
    assert touched == ON_A_BORDER

    beat, station = locate(*everything.T)
    code = dict(Beat.objects.values_list("pk", "code"))
    owner = dict(Beat.objects.values_list("pk", "station_id"))
    assert index().polygons.matches(*everything.T).max() == 1
    assert all(code[beat[at]] in touched[tuple(everything[at].round(4).tolist())] for at in on_border)
    assert {(b, owner[b]) for b in set(beat[beat > 0].tolist())} == set(
        zip(beat[beat > 0].tolist(), station[beat > 0].tolist(), strict=True)
    )

    # Outside the 22 stations: the 101 in no shape at all, and 12 in the three shapes 3100, which are no station's.
    unplaced = np.flatnonzero(beat < 0)
    in_3100 = {int(at) for at, s in zip(event, shape, strict=True) if shapes.properties[s]["District"] == "3100"}
    assert set(unplaced.tolist()) == set(np.flatnonzero(times == 0).tolist()) | in_3100
    assert (len(unplaced), len(in_3100)) == (113, 12)


@pytest.mark.parametrize(("driver", "crs"), [("GPKG", "EPSG:26971"), ("ESRI Shapefile", "EPSG:3435")])
def test_another_format_and_system_gives_the_same_ground(chicago, chicago_files, tmp_path, driver, crs, events):
    path = written_as(chicago_files[1], tmp_path, driver, crs)
    report = import_boundaries(path, kind="beat", by=COMMAND_LINE, only_known=True)
    assert (report.shapes, len(report.taken), report.source_crs) == (277, 274, crs)
    found, _ = locate(*events[0].T)
    code = dict(Beat.objects.values_list("pk", "code")) | {-1: "3100"}
    shapes = read_shapes(chicago_files[1])
    expected = PolygonIndex(shapes.geometry).locate(*events[0].T)
    named = [own["District"] for own in shapes.properties] + [""]
    differ = [i for i in range(len(found)) if code[found[i]] != (named[expected[i]] or "3100")]
    # The coordinates went to metres and back: only the five assaults that lie on a line may change sides.
    assert len(differ) <= 5


def test_swapped_axes_are_refused_and_nothing_is_written(chicago, chicago_files, tmp_path):
    whole = json.loads(chicago_files[0].read_text())
    for feature in whole["features"]:
        feature["geometry"]["coordinates"] = turned(feature["geometry"]["coordinates"])
    path = tmp_path / "swapped.geojson"
    path.write_text(json.dumps(whole))
    with pytest.raises(FileRefused) as refused:
        import_boundaries(path, kind="station", by=COMMAND_LINE)
    assert refused.value.key == "swapped_coordinates"
    assert not Area.objects.exists()


def test_the_province_of_22_stations_and_274_beats_is_light(chicago_ground):
    commander = actor_of("province_commander", Unit.objects.get(code="P"))
    client = signed_in(commander)
    content = client.get(reverse("territory:beats")).content
    assert content.decode().count('data-link="station-') == 44  # on the map and in the list
    assert len(content) <= 120_000
    content = client.get(reverse("territory:beats"), {"station": Unit.objects.get(code="D11").pk}).content
    assert len(content) <= 60_000


def signed_in(actor):
    client = Client()
    client.force_login(actor.officer)
    session = client.session
    sessions.begin(session)
    session.save()
    return client


def turned(coordinates):
    return coordinates[::-1] if isinstance(coordinates[0], float) else [turned(part) for part in coordinates]


def written_as(source, folder, driver, crs):
    """The same shapes as another program would export them."""
    meta, _, wkb, values = pyogrio.raw.read(source)
    to = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    moved = shapely.transform(shapely.from_wkb(wkb), lambda c: np.column_stack(to.transform(c[:, 0], c[:, 1])))
    path = folder / ("beats.gpkg" if driver == "GPKG" else "beats.shp")
    pyogrio.raw.write(
        path,
        geometry=shapely.to_wkb(moved),
        field_data=values,
        fields=meta["fields"],
        crs=crs,
        driver=driver,
        geometry_type="MultiPolygon" if driver == "GPKG" else "Polygon",
    )
    if driver == "GPKG":
        return path
    packed = folder / "beats.zip"
    with zipfile.ZipFile(packed, "w") as out:
        for part in folder.glob("beats.*"):
            if part.suffix != ".zip":
                out.write(part, part.name)
    return packed
