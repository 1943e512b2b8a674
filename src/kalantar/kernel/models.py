"""The ground's own tables: what this installation is, who did what, what is to be done, what was said, what is kept."""

from __future__ import annotations

from django.db import models

from . import uids


class Installation(models.Model):
    """One row, written once."""

    kind = models.CharField(max_length=10)
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=40, default="Asia/Tehran")
    offset_s = models.BigIntegerField(default=0)
    uid = models.UUIDField(default=uids.new)
    created_at = models.DateTimeField()
    only = models.BooleanField(default=True, unique=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(only=True), name="installation_is_one_row"),
            models.CheckConstraint(
                condition=models.Q(kind__in=["demo", "test"]) | models.Q(offset_s=0),
                name="only_a_demonstration_moves_its_clock",
            ),
        ]


class AuditLine(models.Model):
    """Who did what to which row, chained by digest. Append-only in the database itself (migration 0002)."""

    chain = models.CharField(max_length=40)
    seq = models.BigIntegerField()
    at = models.DateTimeField()
    what = models.CharField(max_length=60)
    by = models.CharField(max_length=60)
    subject = models.CharField(max_length=80)
    details = models.JSONField(default=dict)
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chain", "seq"], name="audit_line_has_its_place")]
        indexes = [
            models.Index(fields=["subject"], name="audit_by_subject"),
            models.Index(fields=["by", "at"], name="audit_by_actor"),
        ]


class AuditHead(models.Model):
    """The last link of each chain."""

    chain = models.CharField(max_length=40, unique=True)
    seq = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=64, default="")


class HeadCode(models.Model):
    """The code written in the duty book each morning, and the heads it stands for. Append-only."""

    on = models.DateField(unique=True)
    at = models.DateTimeField()
    code = models.CharField(max_length=24)
    heads = models.JSONField()


class Job(models.Model):
    """Something the clock will do. Claimed by compare-and-set with a lease, so it may be killed and run twice."""

    QUEUED, RUNNING, DONE, FAILED = "queued", "running", "done", "failed"
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=120)
    payload = models.JSONField(default=dict)
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, default=QUEUED)
    attempts = models.IntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    error = models.TextField(default="")
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="job_is_asked_once")]
        indexes = [models.Index(fields=["state", "due_at"], name="job_due")]


class OutboxLine(models.Model):
    """Somebody is to be told. Written in the verb's transaction; shown in the inbox of `to`."""

    kind = models.CharField(max_length=60)
    to_id = models.BigIntegerField()
    page = models.CharField(max_length=60, default="")
    page_args = models.JSONField(default=dict)
    args = models.JSONField(default=dict)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["to_id", "read_at", "-id"], name="outbox_by_reader")]


class StoredFile(models.Model):
    """A file under its own digest. Its owner row decides who may read it."""

    sha256 = models.CharField(max_length=64, unique=True)
    size = models.BigIntegerField()
    created_at = models.DateTimeField()


class Counter(models.Model):
    """Running numbers: one row a series."""

    series = models.CharField(max_length=80, unique=True)
    last = models.BigIntegerField(default=0)


class Limit(models.Model):
    """How often a keyed thing happened in its present window. The key is a keyed digest: no name or address is kept."""

    key = models.CharField(max_length=64, unique=True)
    window_start = models.DateTimeField()
    n = models.IntegerField(default=0)
