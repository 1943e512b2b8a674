"""Ground for the tests: files written on the spot, and the real districts of Chicago where they are at hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import shapely


@pytest.fixture
def geojson(tmp_path):
    """`geojson({"code": shape, …})` or `geojson([(properties, shape), …])`: a file on disk."""

    def write(shapes, *, name="file.geojson", field="code") -> Path:
        pairs = [({field: code}, shape) for code, shape in shapes.items()] if isinstance(shapes, dict) else shapes
        features = [
            {"type": "Feature", "properties": own, "geometry": json.loads(shapely.to_geojson(shape))}
            for own, shape in pairs
        ]
        path = tmp_path / name
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
        return path

    return write


@pytest.fixture
def chicago_files(shared_data) -> tuple[Path, Path]:
    """Districts and beats as the city published them."""
    folder = shared_data / "boundaries"
    return folder / "chicago_policeDistricts.geojson", folder / "chicago_policeBeats.geojson"


CHICAGO = (*range(1, 13), *range(14, 21), 22, 24, 25)  # the 22 districts that are stations


@pytest.fixture
def chicago(db, chicago_files):
    """A province with 22 stations, no ground yet. code -> unit."""
    from kalantar.kernel import installation, verbs
    from kalantar.people.actors import COMMAND_LINE
    from kalantar.people.set_up import UnitPlan, raise_structure

    installation.forget()
    verbs.open_installation("test", by=COMMAND_LINE, name="شیکاگو", name_en="Chicago", time_zone="America/Chicago")
    stations = tuple(
        UnitPlan(
            grade="station", kind="kalantari", code=f"D{n:02}", number=n, name=f"کلانتری {n}", name_en=f"Station {n}"
        )
        for n in CHICAGO
    )
    county = UnitPlan(grade="county", kind="county", code="CHI", name="شیکاگو", name_en="Chicago", children=stations)
    yield raise_structure(
        UnitPlan(grade="province", kind="province", code="P", name="استان", name_en="Province", children=(county,))
    )
    installation.forget()


@pytest.fixture
def chicago_ground(chicago, chicago_files):
    """The same with its areas and beats taken over. Returns the two reports."""
    from kalantar.people.actors import COMMAND_LINE
    from kalantar.territory.imports import import_boundaries

    districts, beats = chicago_files
    return (
        import_boundaries(districts, kind="station", by=COMMAND_LINE, only_known=True),
        import_boundaries(beats, kind="beat", by=COMMAND_LINE, only_known=True),
    )
