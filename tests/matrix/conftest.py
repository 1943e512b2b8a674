"""One world for each file of this room, made once and undone at its end."""

from __future__ import annotations

import pytest
from django.db import transaction

from tests import cast


@pytest.fixture(autouse=True)
def _django_db_marker():
    """In place of pytest-django's own: `world` opens one transaction for the whole file, not one for each test."""


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """Made once: every request of the matrix is undone after it was answered, and all of it at the end."""
    from kalantar.kernel import installation, verbs
    from kalantar.people.actors import COMMAND_LINE
    from tests.matrix.world import World

    with django_db_blocker.unblock(), transaction.atomic():
        installation.forget()
        verbs.open_installation("test", by=COMMAND_LINE, name="T", name_en="T", time_zone="Asia/Tehran")
        yield World(cast.raise_test_structure())
        transaction.set_rollback(True)
    installation.forget()
