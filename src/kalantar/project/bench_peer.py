"""What an analyst would write instead of an import: pandas reads, geopandas joins, Django's bulk_create writes.

    python -m kalantar.project.bench_peer DATA ROWS

The same files, the same columns of the same table with its indexes, the same totals. It leaves out what the product
does beyond that: refusing columns of persons, faults by row, the file kept sealed, staging that nobody sees half
done, short locks, the audit.
"""

from __future__ import annotations

import json
import lzma
import sys
import time
from pathlib import Path

from . import bench_city

KINDS = {
    "residence": "dwelling",
    "education": "school",
    "open space": "park",
    "retail": "shop",
    "transportation": "transport",
    "leisure": "other",
    "government": "office",
    "healthcare": "health",
    "commercial": "office",
}


def main(arguments: list[str]) -> None:
    data, rows = Path(arguments[0]), int(arguments[1])
    bench_city.open_city(data)
    files = bench_city.make_files(data, rows)
    beats_file = data / "beats.geojson"
    beats_file.write_bytes(lzma.decompress((bench_city.SOURCE / "beats.geojson.xz").read_bytes()))
    began, cpu = time.perf_counter(), time.process_time()
    counts = load(files, beats_file)
    bench_city.told({"seconds": time.perf_counter() - began, "cpu_s": time.process_time() - cpu,
                     "peak_mb": bench_city.peak_mb(), "rows": rows, **counts})  # fmt: skip


def read(files: list[Path]):
    """Both files as one table of points in degrees, with the moment in UTC."""
    import geopandas
    import pandas

    assaults, burglaries = (pandas.read_csv(path) for path in files)
    zone = str(bench_city.OPENS.tzinfo)
    one = geopandas.GeoDataFrame(
        {
            "type": "A-SERIOUS",
            "local": pandas.to_datetime(assaults["date"], format="%Y-%m-%d %H:%M"),
            "time_known": True,
            "place_kind": assaults["loc_cat"].replace(KINDS),
            "precision": "rounded",
        },
        geometry=geopandas.points_from_xy(assaults["longitude"], assaults["latitude"]),
        crs="EPSG:4326",
    )
    two = geopandas.GeoDataFrame(
        {
            "type": "T-BREAK",
            "local": pandas.to_datetime(burglaries["date"], format="%d/%m/%Y"),
            "time_known": False,
            "place_kind": "unknown",
            "precision": "exact",
        },
        geometry=geopandas.points_from_xy(burglaries["x"], burglaries["y"]),
        crs="EPSG:26971",
    ).to_crs("EPSG:4326")
    events = pandas.concat([one, two], ignore_index=True)
    moments = events["local"].dt.tz_localize(zone, ambiguous=True, nonexistent="shift_forward")
    return events.assign(at=moments.dt.tz_convert("UTC"), day=events["local"].dt.date)


def load(files: list[Path], beats_file: Path) -> dict[str, int | str]:
    import geopandas
    import h3.api.basic_int as h3
    import pandas
    from django.db import transaction

    from kalantar.incidents import rules, types
    from kalantar.incidents.models import DailyCount, Incident, IncidentType
    from kalantar.kernel import clock, numbers, uids
    from kalantar.territory.models import Beat

    rows = list(Beat.objects.in_force().values_list("code", "pk", "station_id"))
    ours = pandas.DataFrame(rows, columns=["District", "beat", "station"])
    beats = geopandas.read_file(beats_file)[["District", "geometry"]].merge(ours, on="District")
    read_ = read(files)
    events = read_.sjoin(beats, predicate="within")
    events = events[~events.index.duplicated()].sort_values(["station", "at"])  # a place in two beats counts once
    type_ids = dict(IncidentType.objects.values_list("code", "pk"))
    looks = {
        (code, kind): rules.shown_as(code=code, violent=types.is_violent(code), never_drawn=code in types.NEVER_DRAWN,
                                     building=code in types.BUILDING, place_kind=kind)
        for code, kind in set(zip(events["type"], events["place_kind"], strict=True))
    }  # fmt: skip
    events["number"] = events.groupby("station").cumcount() + 1
    events["lon"], events["lat"] = events.geometry.x.round(7), events.geometry.y.round(7)
    same = pandas.util.hash_pandas_object(events[["type", "at", "lon", "lat", "number"]], index=False)
    known = set(Incident.objects.values_list("same_as", flat=True))  # the same row of an earlier load
    made, made_at = [], clock.now()
    for row, digest in zip(events.itertuples(), same, strict=True):
        if f"{digest:016x}" in known:
            continue
        made.append(Incident(
            uid=uids.new(), station_id=row.station, beat_id=row.beat, type_id=type_ids[row.type], number_year=1398,
            number_seq=row.number, occurred_from=row.at.to_pydatetime(), time_known=row.time_known, local_date=row.day,
            place_kind=row.place_kind, lon=row.lon, lat=row.lat, location_precision=row.precision,
            h3=h3.latlng_to_cell(row.lat, row.lon, 10), shown_as=looks[row.type, row.place_kind],
            same_as=f"{digest:016x}", made_at=made_at,
        ))  # fmt: skip
    totals = events.groupby(["station", "beat", "type", "day"]).size().reset_index(name="n")
    with transaction.atomic():
        Incident.objects.bulk_create(made, batch_size=5_000)
        DailyCount.objects.bulk_create(
            [
                DailyCount(station_id=t.station, beat_id=t.beat, type_id=type_ids[t.type], local_date=t.day, n=t.n)
                for t in totals.itertuples()
            ],
            batch_size=5_000,
        )
        for station, n in events.groupby("station").size().items():
            numbers.take(f"incident:{station}:1398", int(n))
    return {"accepted": len(made), "outside": len(read_) - len(made), "by_beat": json.dumps(_by_beat(events))}


def _by_beat(events) -> dict[str, int]:
    return {str(code): int(n) for code, n in events.groupby("District").size().items()}


if __name__ == "__main__":
    main(sys.argv[1:])
