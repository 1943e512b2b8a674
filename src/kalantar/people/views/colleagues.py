"""Colleagues of my stations, their posts and accounts; the units."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kalantar.kernel import clock
from kalantar.kernel.change import Refused, insist
from kalantar.web.answer import answer, refuse, went

from .. import forms, queries, rules, sure, verbs
from ..models import Officer, Post, Unit
from ..roles import PACKS, SUPERIORS, Role


def _givable(actor) -> tuple[frozenset[int], frozenset[Role]]:
    """The units at which somebody may give any post, and all the roles in question."""
    units: set[int] = set()
    roles: set[Role] = set()
    for unit in queries.units_below(actor):
        found = rules.givable(grade=unit.grade, roles=actor.roles_at(unit.pk))
        if found:
            units.add(unit.pk)
            roles |= found
    return frozenset(units), frozenset(roles)


@require_safe
def colleagues(request):
    """Who works at my stations, and as what."""
    return answer(
        request,
        "people/colleagues.html",
        colleagues=queries.colleagues(request.actor),
        may_enrol=bool(request.actor.roles() & SUPERIORS),
    )


@require_safe
def colleague(request, pk: int):
    """One colleague: posts, and what a superior may do."""
    return _page(request, get_object_or_404(queries.colleague(request.actor, pk)))


def _page(request, officer, *, status: int = 200, give=None, **more):
    actor = request.actor
    steps = {step: verbs.account_refusal(step, officer, by=actor) is None for step in rules.STEPS}
    steps["invite"] = steps["invite"] and not officer.has_usable_password()
    steps["reset"] = steps["reset"] and officer.has_usable_password()
    posts = [
        (
            post,
            rules.giving_refusal(
                Role(post.role),
                grade=post.unit.grade,
                roles=actor.roles_at(post.unit_id),
                oneself=post.officer_id == actor.officer_id,
            )
            is None,
        )
        for post in officer.current_posts
    ]
    if give is None and officer.pk != actor.officer_id:
        give = _give_form(request)
    return answer(
        request,
        "people/colleague.html",
        status=status,
        officer=officer,
        posts=posts,
        steps=steps,
        give=give,
        past=queries.past_posts(actor, officer),
        **more,
    )


def _give_form(request, data=None):
    units, roles = _givable(request.actor)
    if not units:
        return None
    return forms.GivePostForm(
        data,
        units=Unit.objects.visible_to(request.actor).filter(pk__in=units),
        roles=roles,
        initial={"from_on": clock.today()},
    )


def _enrol_form(request, data=None):
    units, roles = _givable(request.actor)
    packs = [pack for pack, held in PACKS.items() if held <= roles]
    if not packs:
        raise Refused("not_your_post")
    return forms.EnrolForm(data, units=Unit.objects.visible_to(request.actor).filter(pk__in=units), packs=packs)


@require_http_methods(["GET", "POST"])
@sure.again
def enrol(request):
    """A new colleague, and the link to hand over."""
    form, status = _enrol_form(request, request.POST if request.method == "POST" else None), 200
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            officer = verbs.enrol(
                data["username"],
                by=request.actor,
                name=data["name"],
                name_en=data["name_en"],
                unit=data["unit"],
                roles=PACKS[data["pack"]],
            )
            return went(
                reverse("people:colleague", args=[officer.pk]),
                _("The colleague was added. Please make the invitation now."),
            )
        except Refused as no:
            status = refuse(form, no)
    elif form.errors:
        status = 422
    return answer(request, "people/enrol.html", status=status, form=form)


@require_POST
@sure.again
def give_post(request, pk: int):
    """A post from a day on."""
    officer = get_object_or_404(queries.colleague(request.actor, pk))
    form = _give_form(request, request.POST)
    if form is None:
        raise Refused("not_your_post")
    status = 422
    if form.is_valid():
        data = form.cleaned_data
        try:
            verbs.give_post(
                officer,
                by=request.actor,
                unit=data["unit"],
                role=Role(data["role"]),
                from_on=data["from_on"],
                to_on=data["to_on"],
            )
            return went(reverse("people:colleague", args=[pk]), _("The post was given."))
        except Refused as no:
            status = refuse(form, no)
    return _page(request, officer, status=status, give=form)


@require_POST
@sure.again
def end_post(request, pk: int):
    """A post ends now."""
    post = get_object_or_404(Post.objects.visible_to(request.actor), pk=pk)
    verbs.end_post(post, by=request.actor)
    return went(
        reverse("people:colleague", args=[post.officer_id]), _("The post has ended. It is felt at the next click.")
    )


def _stand_in_refusal(actor, post) -> str | None:
    today = clock.today()
    return rules.stand_in_refusal(
        role=Role(post.role),
        grade=post.unit.grade,
        roles=actor.roles_at(post.unit_id),
        is_holder=post.officer_id == actor.officer_id,
        same_person=False,
        holder_active=post.officer.is_active,
        from_on=today,
        to_on=today,
        today=today,
    )


@require_http_methods(["GET", "POST"])
@sure.again
def stand_in(request, pk: int):
    """Somebody for a time in a colleague's post, or in my own."""
    post = get_object_or_404(Post.objects.visible_to(request.actor).select_related("unit", "officer"), pk=pk)
    insist(_stand_in_refusal(request.actor, post))
    others = (
        Officer.objects.visible_to(request.actor)
        .filter(is_active=True)
        .exclude(pk__in=[post.officer_id, request.actor.officer_id])
    )
    form = forms.StandInForm(
        request.POST if request.method == "POST" else None,
        officers=others.order_by("name"),
        initial={"from_on": clock.today()},
    )
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            verbs.stand_in(post, by=request.actor, **form.cleaned_data)
            return went(reverse("people:colleague", args=[post.officer_id]), _("The stand-in was named."))
        except Refused as no:
            status = refuse(form, no)
    elif form.errors:
        status = 422
    return answer(request, "people/stand_in.html", status=status, form=form, post=post)


def _link(request, officer, token: str, purpose: str):
    """The one-time code, shown this once to be handed over in person or printed."""
    groups = " ".join(token[i : i + 4] for i in range(0, len(token), 4))
    return answer(
        request,
        "people/link.html",
        officer=officer,
        token=groups,
        purpose=purpose,
        days=rules.INVITE_DAYS,
        link=request.build_absolute_uri(reverse("people:join", args=[token])),
        back=reverse("people:colleague", args=[officer.pk]),
    )


@require_POST
@sure.again
def invite(request, pk: int):
    """A link for a colleague without a password."""
    officer = get_object_or_404(Officer.objects.visible_to(request.actor), pk=pk)
    return _link(request, officer, verbs.invite(officer, by=request.actor), "join")


@require_POST
@sure.again
def reset(request, pk: int):
    """A lost password: a one-time code for a new one. The old one is never shown, and dead."""
    officer = get_object_or_404(Officer.objects.visible_to(request.actor), pk=pk)
    token = verbs.reset_password(
        officer, by=request.actor, second_factor_too=request.POST.get("second_factor_too") == "on"
    )
    return _link(request, officer, token, "reset")


@require_POST
@sure.again
def disable(request, pk: int):
    """No more sign-in."""
    officer = get_object_or_404(Officer.objects.visible_to(request.actor), pk=pk)
    verbs.disable(officer, by=request.actor)
    return went(reverse("people:colleague", args=[pk]), _("This colleague cannot sign in any more."))


@require_POST
@sure.again
def enable(request, pk: int):
    """Sign-in again."""
    officer = get_object_or_404(Officer.objects.visible_to(request.actor), pk=pk)
    verbs.enable(officer, by=request.actor)
    return went(reverse("people:colleague", args=[pk]), _("This colleague may sign in again."))


def _stations_to_divide(actor) -> list:
    """Stations in which this colleague may open a section."""
    return [
        unit
        for unit in queries.units_below(actor)
        if not rules.opening_refusal("section", parent_grade=unit.grade, roles=actor.roles_at(unit.pk))
    ]


@require_safe
def units(request):
    """The units, who leads each, and which have nobody yet."""
    may_open = bool(_stations_to_divide(request.actor))
    return answer(request, "people/units.html", units=queries.units(request.actor), may_open=may_open)


@require_http_methods(["GET", "POST"])
def open_section(request):
    """A new section of a station."""
    stations = _stations_to_divide(request.actor)
    if not stations:
        raise Refused("not_your_post")
    choices = queries.units_below(request.actor).filter(pk__in=[station.pk for station in stations])
    form, status = forms.SectionForm(request.POST if request.method == "POST" else None, stations=choices), 200
    if request.method == "POST" and form.is_valid():
        try:
            verbs.open_unit("section", by=request.actor, **form.cleaned_data)
            return went(reverse("people:units"), _("The section was opened."))
        except Refused as no:
            status = refuse(form, no)
    elif form.errors:
        status = 422
    return answer(request, "people/open_section.html", status=status, form=form)
