"""The cast stands where its posts say."""


def test_a_chief_covers_the_own_station_only(station_chief, other_chief, station, other_station):
    assert station_chief.stations() == {station.pk}
    assert other_chief.stations() == {other_station.pk}


def test_the_province_commander_covers_both(province_commander, station, other_station):
    assert province_commander.stations() == {station.pk, other_station.pk}


def test_the_overseer_covers_none(outside_overseer, station):
    assert outside_overseer.stations() == frozenset()


def test_the_ground_lies_square(beats, other_beats):
    assert len(beats) == 4
    assert len(other_beats) == 2
    assert beats[0].east == other_beats[0].west
    assert abs(beats[0].area_m2 - 1e6) < 1e4
