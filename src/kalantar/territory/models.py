"""Ground: the boundary of a station, its beats, and who answers for each."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from kalantar.kernel import uids
from kalantar.kernel.models import StoredFile
from kalantar.people.models import Officer, Station, Unit


class BoundaryQuerySet(models.QuerySet):
    def visible_to(self, actor):
        """Boundaries of the stations this actor's posts cover."""
        return self.filter(station__in=actor.stations())

    def in_force(self):
        """Shapes that count today; the others tell where a line once ran."""
        return self.filter(ended_on=None)

    def meeting(self, west, south, east, north):
        """Shapes whose box meets a box in degrees."""
        return self.filter(west__lte=east, east__gte=west, south__lte=north, north__gte=south)

    def outlines(self):
        """For the quiet lines around a map: shapes alone, whoever owns them, without a name or a code."""
        return self.in_force().values_list("screen", flat=True)


class Boundary(models.Model):
    """A shape in force from a day until it is replaced: full precision for deciding, simplified for screens."""

    uid = models.UUIDField(default=uids.new, unique=True)
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)
    geometry = models.BinaryField()  # WKB, WGS84 longitude and latitude, as imported
    screen = (
        models.TextField()
    )  # SVG path in the projected frame of `kalantar.territory.frames`, simplified as a coverage
    label_x = models.IntegerField(null=True)  # where its name stands, in the same frame; None: in the middle of its box
    label_y = models.IntegerField(null=True)
    label_room_m = models.IntegerField(default=0)  # frame metres from there to the nearest edge
    west = models.FloatField()
    south = models.FloatField()
    east = models.FloatField()
    north = models.FloatField()
    area_m2 = models.FloatField()
    since_on = models.DateField()
    ended_on = models.DateField(null=True)
    source = models.CharField(max_length=200, default="")
    version = models.IntegerField(default=0)

    objects = BoundaryQuerySet.as_manager()

    class Meta:
        abstract = True


class Area(Boundary):
    """The area of responsibility of a station."""

    station = models.ForeignKey(Station, models.PROTECT, related_name="areas")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["station"], condition=Q(ended_on=None), name="station_has_one_area")
        ]


class Beat(Boundary):
    """A neighbourhood of a station. Every placed incident lies in exactly one."""

    station = models.ForeignKey(Station, models.PROTECT, related_name="beats")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["station", "code"], condition=Q(ended_on=None), name="beat_code_once_a_station"
            )
        ]
        ordering = ["code"]


class BeatOfficerQuerySet(models.QuerySet):
    def visible_to(self, actor):
        return self.filter(beat__station__in=actor.stations())


class BeatOfficer(models.Model):
    """The named officer of a beat, from when to when."""

    beat = models.ForeignKey(Beat, models.PROTECT, related_name="officers")
    officer = models.ForeignKey(Officer, models.PROTECT, related_name="beats")
    from_on = models.DateField()
    to_on = models.DateField(null=True)
    version = models.IntegerField(default=0)

    objects = BeatOfficerQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["beat"], condition=Q(to_on=None), name="beat_has_one_officer")]

    @property
    def station_id(self) -> int:
        return self.beat.station_id


class BoundaryFile(models.Model):
    """A file of boundaries that somebody brought: looked at first, taken over by a second decision, or dropped."""

    LOOKED_AT, TAKEN, DROPPED = "looked_at", "taken", "dropped"
    uid = models.UUIDField(default=uids.new, unique=True)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")  # where the importer's post is
    made_by = models.ForeignKey(Officer, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    kind = models.CharField(max_length=10)  # station, beat
    state = models.CharField(max_length=10, default=LOOKED_AT)
    file = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")  # None once dropped
    file_name = models.CharField(max_length=200)
    reading = models.JSONField(default=dict)  # which property is the code, the name, the station
    report = models.JSONField(default=dict)
    version = models.IntegerField(default=0)

    class QuerySet(models.QuerySet):
        def visible_to(self, actor):
            """Files brought by this actor: nobody decides over another's upload."""
            return self.filter(made_by=actor.officer_id) if actor.stations() else self.none()

    objects = QuerySet.as_manager()
