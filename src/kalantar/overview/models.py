"""What pages over several rooms freeze: a morning brief, signed."""

from __future__ import annotations

from django.db import models

from kalantar.people.models import Officer, Station


class MorningBriefQuerySet(models.QuerySet):
    def visible_to(self, actor):
        return self.filter(station__in=actor.stations())


class MorningBrief(models.Model):
    """What the chief had before the eyes on a morning, as it was, with who read and signed it."""

    station = models.ForeignKey(Station, models.PROTECT, related_name="briefs")
    on = models.DateField()
    content = models.JSONField()
    head_code = models.CharField(max_length=24)
    signed_by = models.ForeignKey(Officer, models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()
    version = models.IntegerField(default=0)

    objects = MorningBriefQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["station", "on"], name="one_brief_a_morning")]
