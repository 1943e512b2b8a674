"""What a restored copy may not open again."""

from __future__ import annotations

import pytest
from django.apps import apps

from kalantar.kernel import backup

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("label", ["sessions.session", "people.invite"])
def test_a_copy_holds_no_open_door(label):
    """A cookie or a link that was used, or ended, since the copy was taken would work once more."""
    assert apps.get_model(label) not in backup.tables()


def test_nothing_else_of_ours_is_left_out():
    ours = {
        m._meta.label_lower for m in apps.get_models() if m.__module__.startswith("kalantar.") and not m._meta.proxy
    }
    assert ours - {m._meta.label_lower for m in backup.tables()} == {"people.invite", "kernel.limit"}
