"""The chain finds every tampering; the code on paper finds what the chain alone cannot."""

import random

import pytest
from django.db import DatabaseError, connection, transaction

from kalantar.kernel import audit
from kalantar.kernel.change import verb
from kalantar.kernel.models import AuditHead, AuditLine, HeadCode

pytestmark = pytest.mark.django_db


@verb
def note(text, *, by, chain=None):
    audit.record("test.noted", "thing:1", by=by, chain=chain, text=text)


@pytest.fixture
def chain(opened, by):
    for i in range(12):
        note(f"line {i}", by=by, chain="station:1")
    for i in range(3):
        note(f"province {i}", by=by)


@pytest.fixture
def dba():
    """Somebody with the database's own password, who takes the triggers away before touching the chain."""

    def run(sql, *args):
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                for table in ("kernel_auditline", "kernel_headcode"):
                    for deed in ("update", "delete", "replace"):
                        cursor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{deed}")
            else:
                for table in ("kernel_auditline", "kernel_headcode"):
                    cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(sql, args)

    return run


def faults(code=None):
    return {fault.what for fault in audit.verify(code)[1]}


def test_an_untouched_chain_has_no_fault(chain):
    total, found = audit.verify(batch=5)
    assert (total, found) == (15, [])


def test_an_edited_line_is_found(chain, dba):
    dba("UPDATE kernel_auditline SET what = 'nothing' WHERE chain = 'station:1' AND seq = 5")
    assert "line_changed" in faults()


def test_a_deleted_line_is_found(chain, dba):
    dba("DELETE FROM kernel_auditline WHERE chain = 'station:1' AND seq = 5")
    assert "line_missing" in faults()


def test_an_inserted_line_is_found(chain, dba):
    dba("""INSERT INTO kernel_auditline (chain, seq, at, what, "by", subject, details, previous, digest)
           SELECT chain, 13, at, what, "by", subject, details, previous, digest FROM kernel_auditline WHERE chain = 'station:1' AND seq = 5""")
    assert faults() & {"line_out_of_place", "line_changed", "head_differs"}


def test_two_swapped_lines_are_found(chain, dba):
    dba("UPDATE kernel_auditline SET seq = 99 WHERE chain = 'station:1' AND seq = 4")
    dba("UPDATE kernel_auditline SET seq = 4 WHERE chain = 'station:1' AND seq = 6")
    dba("UPDATE kernel_auditline SET seq = 6 WHERE chain = 'station:1' AND seq = 99")
    assert faults() & {"line_out_of_place", "line_changed"}


def test_a_cut_tail_is_found(chain, dba):
    dba("DELETE FROM kernel_auditline WHERE chain = 'station:1' AND seq > 9")
    assert "tail_cut" in faults()


def test_a_whole_chain_taken_away_is_found_by_the_morning_code(chain, dba):
    audit.stamp()
    dba("DELETE FROM kernel_auditline WHERE chain = 'station:1'")
    AuditHead.objects.filter(chain="station:1").delete()
    assert "code_differs" in faults()


def recompute(dba):
    previous = ""
    for line in AuditLine.objects.filter(chain="station:1").order_by("seq"):
        what = "rewritten" if line.seq == 3 else line.what
        digest = audit.digest_of(
            previous,
            chain=line.chain,
            seq=line.seq,
            at=line.at,
            what=what,
            by=line.by,
            subject=line.subject,
            details=line.details,
        )
        dba(
            "UPDATE kernel_auditline SET what = %s, previous = %s, digest = %s WHERE id = %s",
            what,
            previous,
            digest,
            line.pk,
        )
        previous = digest
    AuditHead.objects.filter(chain="station:1").update(digest=previous)


def test_a_chain_computed_anew_is_found_by_the_kept_code_and_is_not_found_without_one(chain, dba):
    recompute(dba)
    assert faults() == set()  # the negative control: a plain chain is theatre against a DBA


def test_a_chain_computed_anew_after_a_morning_is_found(chain, dba):
    audit.stamp()
    recompute(dba)
    assert "code_differs" in faults()


def test_a_chain_and_its_codes_computed_anew_are_found_by_the_paper(chain, dba):
    paper = audit.stamp().code
    recompute(dba)
    heads = audit.heads()
    dba("DELETE FROM kernel_headcode")
    HeadCode.objects.create(on="2030-01-01", at=AuditLine.objects.first().at, code=audit.code_of(heads), heads=heads)
    assert faults() == set()
    assert faults(paper) == {"code_unknown"}


def test_a_true_code_is_known_in_persian_digits_too(chain):
    paper = audit.stamp().code.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))
    assert faults(paper) == set()


@pytest.mark.parametrize(
    "deed",
    [
        "UPDATE kernel_auditline SET what = 'x'",
        "DELETE FROM kernel_auditline",
        "DELETE FROM kernel_headcode",
        "UPDATE kernel_headcode SET code = 'x'",
        "INSERT OR REPLACE INTO kernel_auditline SELECT * FROM kernel_auditline",
        "TRUNCATE kernel_auditline",
    ],
)
def test_the_database_itself_refuses_to_change_the_ledger(chain, deed):
    if ("TRUNCATE" in deed) != (connection.vendor == "postgresql") and ("TRUNCATE" in deed or "OR REPLACE" in deed):
        deed = "UPDATE kernel_auditline SET seq = seq + 1"
    audit.stamp()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(deed)
    assert faults() == set()


def test_random_single_row_tamperings_are_all_found(chain, dba):
    rng = random.Random(20261124)
    columns = {"what": "'z'", "subject": "'thing:9'", "seq": "seq + 100", "previous": "'0'", "digest": "'0'"}
    rows = list(AuditLine.objects.values_list("pk", flat=True))
    for _ in range(60):
        column = rng.choice(list(columns))
        with transaction.atomic():
            point = transaction.savepoint()
            dba(f'UPDATE kernel_auditline SET "{column}" = {columns[column]} WHERE id = %s', rng.choice(rows))
            assert faults(), column
            transaction.savepoint_rollback(point)
    assert faults() == set()


def test_a_verb_without_a_line_is_undone(opened, by):
    @verb
    def silent(*, by):
        AuditHead.objects.create(chain="made silently")

    with pytest.raises(audit.NoAuditLine):
        silent(by=by)
    assert not AuditHead.objects.filter(chain="made silently").exists()


def test_a_verb_that_fails_leaves_neither_change_nor_line(chain, by):
    before = AuditLine.objects.count()

    @verb
    def broken(*, by):
        audit.record("test.broken", "thing:1", by=by)
        raise ValueError

    with pytest.raises(ValueError):
        broken(by=by)
    assert AuditLine.objects.count() == before


def test_lines_of_inner_verbs_are_written_together_at_the_end(opened, by):
    @verb
    def outer(*, by):
        note("inner", by=by)
        assert not AuditLine.objects.exists()
        audit.record("test.outer", "thing:1", by=by)

    outer(by=by)
    assert [line.what for line in AuditLine.objects.order_by("seq")] == ["test.noted", "test.outer"]


def test_the_day_s_code_is_fixed_by_its_first_asking(chain, by):
    first = audit.stamp().code
    note("later", by=by)
    assert audit.stamp().code == first
    assert faults() == set()
