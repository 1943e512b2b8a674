"""Units, colleagues and their posts. A post gives rights, a rank is only a form of address."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q

from kalantar.kernel import uids

from .roles import STATION_EYES, Role


class UnitQuerySet(models.QuerySet):
    def visible_to(self, actor):
        """The units at and below the stations this actor's posts cover, and those above them by name."""
        return self.filter(pk__in=actor.units())


class Unit(models.Model):
    """Province, county, station or a section of a station: one tree."""

    PROVINCE, COUNTY, STATION, SECTION = "province", "county", "station", "section"
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    grade = models.CharField(max_length=10)
    kind = models.CharField(max_length=30)  # kalantari, pasgah; unit_inquiry …; the grade itself above a station
    code = models.CharField(max_length=20, unique=True)
    number = models.IntegerField(default=0)  # the station's own number, first part of its running numbers
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)
    path = models.CharField(max_length=120, db_index=True)  # "/1/4/9/": ids from the root to this unit
    version = models.IntegerField(default=0)

    objects = UnitQuerySet.as_manager()

    class Meta:
        ordering = ["path"]

    def __str__(self) -> str:
        return self.code

    @property
    def station_id(self) -> int | None:
        """The station this unit is or belongs to; None above a station. Decides its audit chain."""
        return {self.STATION: self.pk, self.SECTION: self.parent_id}.get(self.grade)


_UnitManager = models.Manager.from_queryset(UnitQuerySet)


class StationManager(_UnitManager):
    def get_queryset(self):
        return super().get_queryset().filter(grade=Unit.STATION)


class Station(Unit):
    """A unit of grade station: police station or outpost."""

    objects: ClassVar[StationManager] = StationManager()

    class Meta:
        proxy = True


class OfficerQuerySet(models.QuerySet):
    def visible_to(self, actor):
        """Oneself, and colleagues with a post, now or before, at a unit this actor's posts cover."""
        return self.filter(
            Q(pk=actor.officer_id) | Q(pk__in=Post.objects.filter(unit__in=_staff_units(actor)).values("officer"))
        )


_OfficerManager = BaseUserManager.from_queryset(OfficerQuerySet)


class OfficerManager(_OfficerManager):
    def get_by_natural_key(self, username):
        return self.get(username=username)


def _staff_units(actor) -> frozenset[int]:
    """Units whose staff this actor may see. The overseer from outside sees counts, not colleagues."""
    return actor.units_below() if actor.roles() & STATION_EYES else frozenset()


class Officer(AbstractBaseUser):
    """A colleague who signs in. Not a subject of any record about conduct."""

    uid = models.UUIDField(default=uids.new, unique=True)
    username = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120, default="")
    rank = models.CharField(max_length=30, default="")
    is_active = models.BooleanField(default=True)
    disabled_as = models.CharField(max_length=30, default="", choices=[(r.value, r.value) for r in Role])  # whose post
    totp = models.BinaryField(null=True)  # sealed seed; None until the second factor is set up
    totp_new = models.BinaryField(null=True)  # sealed seed shown to its owner and not yet confirmed by a code
    totp_last = models.BigIntegerField(default=0)  # the last accepted time step: a code opens once
    pin = models.CharField(max_length=128, default="")  # desk lock
    must_change_password = models.BooleanField(default=False)
    signed_out_before = models.DateTimeField(null=True)  # sessions opened earlier are dead
    language = models.CharField(max_length=2, default="fa")
    created_at = models.DateTimeField()
    version = models.IntegerField(default=0)

    USERNAME_FIELD = "username"
    objects = OfficerManager()

    def __str__(self) -> str:
        return self.username

    def has_second_factor(self) -> bool:
        """A device, or a printed card: with either, a code is asked at every sign-in."""
        return self.totp is not None or self.card_codes.exists()


class PostQuerySet(models.QuerySet):
    def visible_to(self, actor):
        return self.filter(Q(officer_id=actor.officer_id) | Q(unit__in=_staff_units(actor)))

    def held_on(self, day):
        """Posts that count on a day: begun, not ended. One ended by a superior stops at once, not at midnight."""
        return self.filter(Q(from_on__lte=day), Q(to_on=None) | Q(to_on__gt=day) | Q(to_on=day, ended_at=None))

    def held_from(self, day):
        """Posts that count on a day, today or later, or will after it; one ended before it began will not."""
        return self.filter(Q(to_on=None) | Q(to_on__gte=day), ended_at=None)


class Post(models.Model):
    """Who holds which role where, from when to when; a stand-in's post names whom it stands in for."""

    officer = models.ForeignKey(Officer, models.PROTECT, related_name="posts")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="posts")
    role = models.CharField(max_length=30, choices=[(r.value, r.value) for r in Role])
    from_on = models.DateField()
    to_on = models.DateField(null=True)  # the last day
    ended_at = models.DateTimeField(null=True)  # ended by a superior, from this moment
    stands_in_for = models.ForeignKey("self", models.PROTECT, null=True, related_name="stand_ins")
    version = models.IntegerField(default=0)

    objects = PostQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(to_on=None) | Q(to_on__gte=models.F("from_on")), name="post_ends_after_it_begins"
            )
        ]
        indexes = [models.Index(fields=["officer", "from_on"], name="post_by_officer")]

    @property
    def station_id(self) -> int | None:
        return self.unit.station_id


class Invite(models.Model):
    """A link that lets a new colleague choose a name and a password, once, within seven days."""

    officer = models.ForeignKey(Officer, models.CASCADE, related_name="invites")
    token = models.CharField(max_length=64, unique=True)  # keyed digest; the link itself is never stored
    purpose = models.CharField(max_length=10, default="join")  # join, reset
    made_by = models.ForeignKey(Officer, models.PROTECT, related_name="+", null=True)
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class CodeCard(models.Model):
    """One code of a printed card, as a keyed digest. It opens once, where a phone is not allowed or lost."""

    officer = models.ForeignKey(Officer, models.CASCADE, related_name="card_codes")
    position = models.IntegerField()
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["officer", "position"], name="card_code_has_its_place")]


class Draft(models.Model):
    """What somebody was typing, sealed; kept over a lock or a lost line for seven days, for the writer alone."""

    officer = models.ForeignKey(Officer, models.CASCADE, related_name="drafts")
    page = models.CharField(max_length=80)
    sealed = models.BinaryField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["officer", "page"], name="one_draft_a_page")]
