"""Made-up events for the tests: one valid thing at a time, or many, spread over beats and days without real chance."""

from __future__ import annotations

import random
import uuid
from datetime import timedelta

from tests.cast import middle

KINDS = ("T-INCAR", "T-HOME", "T-SHOP", "A-MINOR", "N-DARK", "T-MOTO", "N-FAMILY", "R-STREET")
PLACES = ("street", "dwelling", "shop", "park", "unknown", "vehicle")
WORDS = ("خیابان صنوبر، روبه‌روی بازارچه", "کوچه نسترن، پلاک ۱۲، واحد ۳", "بلوار مهر، کنار درمانگاه", "میدان نوبهار", "")


def load_types():
    from kalantar.incidents import types
    from kalantar.people.actors import COMMAND_LINE

    types.load_types(by=COMMAND_LINE)


def event(beat, **said):
    """An event of an hour ago in the middle of a beat."""
    from kalantar.incidents.verbs import Event
    from kalantar.kernel import clock

    lon, lat = middle(beat)
    given = {
        "type": "T-INCAR",
        "occurred_from": clock.now() - timedelta(hours=1),
        "place_kind": "street",
        "place_text": "خیابان صنوبر",
        "lon": lon,
        "lat": lat,
        **said,
    }
    return Event(**given)


def recorded(beat, by, **said):
    from kalantar.incidents import verbs

    return verbs.record_incident(event(beat, **said), by=by, uid=uuid.uuid4())


def many(beats, n: int, *, seed: int = 1, days: int = 400):
    """n events over the beats and the days before now, each as the verb would write it, with their totals."""
    from collections import Counter

    import h3.api.basic_int as h3

    from kalantar.incidents import rules, types
    from kalantar.incidents.models import DailyCount, Incident, IncidentType
    from kalantar.kernel import clock

    chance, now = random.Random(seed), clock.now()
    kinds = {row.code: row for row in IncidentType.objects.all()}
    rows, totals = [], Counter()
    for seq in range(n):
        beat, kind, place = chance.choice(beats), kinds[chance.choice(KINDS)], chance.choice(PLACES)
        at = (now - timedelta(minutes=chance.randrange(1, days * 24 * 60))).replace(second=0, microsecond=0)
        known, placed = chance.random() < 0.8, chance.random() < 0.9
        lon = round(chance.uniform(beat.west, beat.east), 6) if placed else None
        lat = round(chance.uniform(beat.south, beat.north), 6) if placed else None
        rows.append(
            Incident(
                station_id=beat.station_id,
                beat=beat,
                type=kind,
                number_year=1404,
                number_seq=seq + 1,
                occurred_from=at,
                occurred_to=at + timedelta(hours=chance.randrange(1, 9))
                if chance.random() < 0.3 and now - at > timedelta(hours=9)
                else None,
                time_known=known,
                local_date=clock.local_day(at),
                place_text=chance.choice(WORDS),
                place_kind=place,
                lon=lon,
                lat=lat,
                h3=h3.latlng_to_cell(lat, lon, 10) if placed else None,
                location_precision="exact" if placed else "beat",
                shown_as=rules.shown_as(
                    code=kind.code,
                    violent=kind.violent,
                    never_drawn=kind.never_drawn,
                    building=kind.code in types.BUILDING,
                    place_kind=place,
                ),
                made_at=now,
            )
        )
        totals[beat, kind, clock.local_day(at)] += 1
    Incident.objects.bulk_create(rows, batch_size=500)
    DailyCount.objects.bulk_create(
        [DailyCount(station_id=b.station_id, beat=b, type=k, local_date=d, n=m) for (b, k, d), m in totals.items()],
        batch_size=500,
    )
    return rows
