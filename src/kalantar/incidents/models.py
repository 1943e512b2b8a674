"""Events the police recorded: what, when, where. No person has a field here (DOMAIN R1, R2)."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import F, Q

from kalantar.kernel import clock, uids
from kalantar.kernel.models import StoredFile
from kalantar.people.models import Officer, Station, Unit
from kalantar.territory.models import Beat


class IncidentType(models.Model):
    """A kind of event: local code, words (data/words.csv, group `incident_type`) and ICCS code."""

    code = models.CharField(max_length=20, unique=True)
    iccs = models.CharField(max_length=10, default="")
    violent = models.BooleanField(default=False)  # A-*, R-*, W-*: with a dwelling as place it is never drawn (R14)
    never_drawn = models.BooleanField(default=False)  # family matters and the like
    in_use = models.BooleanField(default=True)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code


class Import(models.Model):
    """A file brought in at once: staged, then live with one change of state, or never seen."""

    UPLOADED, LOADING, LIVE, FAILED, WITHDRAWN, SWEPT = "uploaded", "loading", "live", "failed", "withdrawn", "swept"
    uid = models.UUIDField(default=uids.new, unique=True)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")  # where the importer's post is
    made_by = models.ForeignKey(Officer, models.PROTECT, null=True, related_name="+")  # None: the command line
    made_at = models.DateTimeField()
    state = models.CharField(max_length=10, default=UPLOADED)
    file = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    file_name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64, default="", db_index=True)  # of the file as it came
    about = models.JSONField(default=dict)  # columns, encoding, what was left out and why
    mapping = models.JSONField(default=dict)
    report = models.JSONField(default=dict)  # counts of the last reading: by type, month, beat and kind of error
    rows = models.IntegerField(default=0)
    written = models.IntegerField(default=0)  # rows staged so far: the progress a page shows
    alive_at = models.DateTimeField(null=True)  # real time of the loader's last sign; long silence means it was killed
    accepted = models.IntegerField(default=0)
    refused = models.IntegerField(default=0)
    duplicates = models.IntegerField(default=0)
    outside = models.IntegerField(default=0)
    first_on = models.DateField(null=True)
    last_on = models.DateField(null=True)
    errors = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    failure = models.JSONField(default=dict)  # {"key": …, "args": {…}} of the sentence that says why
    live_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawal_reason = models.CharField(max_length=300, default="")
    version = models.IntegerField(default=0)

    class QuerySet(models.QuerySet):
        def visible_to(self, actor):
            """Imports made at the units this actor's posts cover, for those who see incidents at all."""
            return self.filter(unit__in=actor.units_below()) if actor.stations() else self.none()

    objects = QuerySet.as_manager()


class SavedMapping(models.Model):
    """Which column meant what, remembered by the header's digest for the unit that imported."""

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="+")
    header = models.CharField(max_length=64)
    mapping = models.JSONField()
    used_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "header"], name="one_mapping_a_header")]


def _not_live(field: str = "batch"):
    """Rows of imports that are not live: few imports, so the database checks a short list and no join is needed."""
    return Q(**{f"{field}__in": Import.objects.exclude(state=Import.LIVE).values("pk")})


class IncidentQuerySet(models.QuerySet):
    def visible_to(self, actor):
        """Events of the stations this actor's posts cover, rows of an unfinished or withdrawn import left out."""
        return self.live().filter(station__in=actor.stations())

    def live(self):
        return self.filter(Q(batch=None) | ~_not_live())

    def between(self, first: date, end: date):
        """Events of the local days from `first` up to and without `end`: asked by moment, which the indexes hold."""
        return self.filter(occurred_from__gte=clock.start_of(first), occurred_from__lt=clock.start_of(end))

    def drawable(self):
        """What may stand on a map, in a list by place, in a repeat-place layer or in an export (R14)."""
        return self.filter(shown_as__gt=Incident.NEVER)


class Incident(models.Model):
    """One recorded event. Its place decides how it may be shown, at writing, once."""

    NEVER, CELL, POINT = 0, 1, 2  # shown_as: never drawn · as a cell or segment · as a point
    EXACT, ROUNDED, SEGMENT, CELLED, BEAT_ONLY, UNKNOWN = "exact", "rounded", "segment", "cell", "beat", "unknown"

    uid = models.UUIDField(default=uids.new, unique=True)
    station = models.ForeignKey(Station, models.PROTECT, related_name="incidents", db_index=False)
    beat = models.ForeignKey(Beat, models.PROTECT, related_name="incidents", db_index=False)
    type = models.ForeignKey(IncidentType, models.PROTECT, related_name="incidents", db_index=False)
    number_year = models.IntegerField()  # Jalali year of registration
    number_seq = models.IntegerField()
    occurred_from = models.DateTimeField()
    occurred_to = models.DateTimeField(null=True)
    time_known = models.BooleanField(default=True)
    local_date = models.DateField()  # local day of occurred_from: totals are kept by it
    place_text = models.CharField(max_length=160, default="")
    place_kind = models.CharField(max_length=12, default="unknown")
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    location_precision = models.CharField(max_length=8, default=UNKNOWN)
    h3 = models.BigIntegerField(null=True)  # resolution 10, signed
    shown_as = models.SmallIntegerField(default=CELL)
    external_ref = models.CharField(max_length=60, default="")
    same_as = models.CharField(max_length=32, default="")  # digest of what, when, where: the same row again
    batch = models.ForeignKey(Import, models.PROTECT, null=True, related_name="incidents", db_index=False)
    made_by = models.ForeignKey(Officer, models.PROTECT, null=True, related_name="+", db_index=False)
    made_at = models.DateTimeField()
    version = models.IntegerField(default=0)

    objects = IncidentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["station", "number_year", "number_seq"], name="incident_number_once"),
            models.CheckConstraint(
                condition=Q(occurred_to=None) | Q(occurred_to__gte=F("occurred_from")), name="incident_interval_runs_on"
            ),
        ]
        indexes = [
            # The last columns of each are there so that counting reads the index alone.
            models.Index(fields=["station", "-occurred_from", "-id", "batch"], name="incident_newest"),
            models.Index(fields=["station", "type", "-occurred_from", "-id", "batch"], name="incident_newest_of_type"),
            models.Index(
                fields=["beat", "-occurred_from", "-id", "type", "station", "batch"], name="incident_newest_of_beat"
            ),
            models.Index(
                fields=["station", "-occurred_from", "type", "beat", "shown_as", "batch"],
                name="incident_not_drawn",
                condition=Q(shown_as=0),
            ),
            models.Index(fields=["batch"], name="incident_of_import", condition=Q(batch__isnull=False)),
            models.Index(fields=["same_as"], name="incident_same_as"),
        ]


class DailyCountQuerySet(models.QuerySet):
    def visible_to(self, actor):
        return self.live().filter(station__in=actor.stations())

    def live(self):
        return self.filter(Q(batch=None) | ~_not_live())


class DailyCount(models.Model):
    """Totals, kept by the verbs; an import brings its own rows, so that going live or being withdrawn is one change of
    state and not a rewrite. `kalantar verify --totals` recounts them."""

    station = models.ForeignKey(Station, models.PROTECT, related_name="+", db_index=False)
    beat = models.ForeignKey(Beat, models.PROTECT, related_name="+", db_index=False)
    type = models.ForeignKey(IncidentType, models.PROTECT, related_name="+", db_index=False)
    local_date = models.DateField()
    batch = models.ForeignKey(Import, models.PROTECT, null=True, related_name="+", db_index=False)
    n = models.IntegerField()

    objects = DailyCountQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["beat", "type", "local_date", "batch"],
                condition=Q(batch__isnull=False),
                name="total_once_an_import",
            ),
            models.UniqueConstraint(
                fields=["beat", "type", "local_date"], condition=Q(batch__isnull=True), name="total_once_by_hand"
            ),
        ]
        indexes = [
            models.Index(fields=["station", "local_date"], name="total_by_station"),
            models.Index(fields=["batch"], name="total_of_import", condition=Q(batch__isnull=False)),
        ]


class Unplaced(models.Model):
    """A row of an import whose place lies in no beat. It counts nowhere until a person places it."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    batch = models.ForeignKey(Import, models.CASCADE, related_name="unplaced")
    row = models.IntegerField()
    type = models.ForeignKey(IncidentType, models.PROTECT, related_name="+")
    occurred_from = models.DateTimeField()
    occurred_to = models.DateTimeField(null=True)
    time_known = models.BooleanField(default=True)
    place_text = models.CharField(max_length=160, default="")
    place_kind = models.CharField(max_length=12, default="unknown")
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    stated_station = models.ForeignKey(Station, models.PROTECT, null=True, related_name="+")
    external_ref = models.CharField(max_length=60, default="")
    same_as = models.CharField(max_length=32, default="", db_index=True)
    placed_as = models.OneToOneField(Incident, models.PROTECT, null=True, related_name="+")
    set_aside = models.CharField(max_length=300, default="")  # why nobody here places it; then it waits no longer
    version = models.IntegerField(default=0)

    class QuerySet(models.QuerySet):
        def waiting(self):
            """Neither placed nor set aside."""
            return self.filter(placed_as=None, set_aside="")

        def visible_to(self, actor):
            """Rows of live imports for the stated station, or for the unit that imported."""
            seen = Q(stated_station__in=actor.stations()) | Q(stated_station=None, unit__in=actor.units_below())
            return self.filter(seen, batch__state=Import.LIVE) if actor.stations() else self.none()

    objects = QuerySet.as_manager()

    @property
    def station_id(self) -> int | None:
        return self.stated_station_id


class FindingQuerySet(models.QuerySet):
    def visible_to(self, actor):
        return self.filter(station__in=actor.stations())


class Finding(models.Model):
    """What the morning says, made by a job; pages only read it. `result` holds the numbers."""

    RISE, HIGH, HOT, REPEAT, TOO_FEW = "rise", "high", "hot_cells", "repeat_place", "too_few"
    station = models.ForeignKey(Station, models.PROTECT, related_name="findings")
    on = models.DateField()  # the morning it was made for
    kind = models.CharField(max_length=14)
    type = models.ForeignKey(IncidentType, models.PROTECT, null=True, related_name="+")
    beat = models.ForeignKey(Beat, models.PROTECT, null=True, related_name="+")
    rank = models.IntegerField()  # order on the page, most worth a look first
    method = models.CharField(max_length=60)
    parameters = models.JSONField()
    seed = models.BigIntegerField(null=True)
    data_version = models.CharField(max_length=64)
    result = models.JSONField()
    made_at = models.DateTimeField()

    objects = FindingQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["station", "on", "rank"], name="finding_of_morning")]
