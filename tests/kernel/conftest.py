"""Fixtures import inside: this file is read before the settings are chosen."""

from datetime import timedelta

import pytest


@pytest.fixture
def opened(db):
    """An installation of kind test whose clock runs with real time."""
    from kalantar.kernel import clock, installation
    from kalantar.kernel.models import Installation

    row = Installation.objects.create(
        kind="test", name="آزمایش", name_en="Test", time_zone="Asia/Tehran", created_at=clock.wall()
    )
    installation.forget()
    yield row
    installation.forget()


@pytest.fixture
def a_clock(opened):
    """Move the station's time on by a span."""
    from kalantar.kernel import installation
    from kalantar.kernel.models import Installation

    def forward(span: timedelta):
        opened.refresh_from_db()
        Installation.objects.filter(pk=opened.pk).update(offset_s=opened.offset_s + int(span.total_seconds()))
        installation.forget()

    return forward


@pytest.fixture
def by():
    from kalantar.people.actors import System

    return System("tester")
