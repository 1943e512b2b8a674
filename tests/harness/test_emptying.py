"""Between two tests on a running server the chains are emptied, and then append-only again."""

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from kalantar.kernel.models import AuditLine


@pytest.mark.django_db(transaction=True)
def test_the_chains_are_emptied_and_closed_again(desk_officer):
    assert AuditLine.objects.exists()
    call_command("flush", interactive=False, inhibit_post_migrate=True, verbosity=0)
    assert not AuditLine.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO kernel_auditline (chain, seq, at, what, by, subject, details, previous, digest)"
            " VALUES ('x', 1, '2026-01-01 00:00:00', 'x', 'x', 'x', '{}', '', '')"
        )
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AuditLine.objects.all().delete()
