"""Two clocks. `now` is the station's time and every rule uses it; `wall` is real time, for sessions, tokens and backups."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from . import installation


def wall() -> datetime:
    """Real time, in UTC."""
    return datetime.now(UTC)


def now() -> datetime:
    """The station's time, in UTC. A demonstration lives in its own year; everywhere else it is real time."""
    try:
        return wall() + installation.current().offset
    except installation.NotInstalled:
        return wall()


def zone() -> ZoneInfo:
    """The time zone in which this installation shows and counts days."""
    try:
        return ZoneInfo(installation.current().time_zone)
    except installation.NotInstalled:
        return ZoneInfo("Asia/Tehran")


def today() -> date:
    """The local day of the station's time."""
    return now().astimezone(zone()).date()


def local(moment: datetime) -> datetime:
    """A stored moment in the installation's time zone."""
    return moment.astimezone(zone())


def local_day(moment: datetime) -> date:
    """The local day on which a moment falls; totals are kept by it."""
    return local(moment).date()


def start_of(day: date) -> datetime:
    """The first moment of a local day, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=zone()).astimezone(UTC)


def days_ago(n: int) -> date:
    return today() - timedelta(days=n)
