"""The pages of events: the list and its map, one event, a new one, and the file of a list."""

from __future__ import annotations

from uuid import UUID

from django.http import FileResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from kalantar.kernel import uids
from kalantar.kernel.change import Overtaken, Refused, insist
from kalantar.web import words
from kalantar.web.answer import answer, refuse, unseen, went
from kalantar.web.show import count as shown_count
from kalantar.web.show import digits

from . import drawing, exports, filters, forms, queries, rules, shown, verbs


@require_safe
def incidents(request):
    """The list: a sentence that is the filter, and the newest events it finds."""
    actor, said = _eyes(request), filters.read(request)
    rows = queries.found(actor, said.wanted)
    counted = queries.count(actor, said.wanted, rows)
    page = queries.one_page(request, rows, said.wanted, counted)
    return answer(
        request,
        "incidents/list.html",
        said=said,
        counted=counted,
        count_text=how_many(counted, seen=len(page)),
        hidden_text=hidden(counted),
        page=page,
        numbers=actor.numbers(),
        **_steps(actor),
    )


@require_safe
def map_of(request):
    """The same filter on a map, and as a table of its cells."""
    actor, said = _eyes(request), filters.read(request, lines=True)
    rows = queries.found(actor, said.wanted)
    counted = queries.count(actor, said.wanted, rows)
    return answer(
        request,
        "incidents/map.html",
        said=said,
        counted=counted,
        count_text=how_many(counted),
        hidden_text=hidden(counted),
        drawn=drawing.of_list(actor, rows, said),
        **_steps(actor),
    )


def _eyes(request):
    """Who sees no station's events finds no such page."""
    if not request.actor.stations():
        raise unseen()
    return request.actor


def _steps(actor) -> dict:
    """What this colleague may do with events at all."""
    return {
        "may_record": rules.may_record(actor.roles()) is None,
        "may_export": rules.may_export(actor.roles()) is None,
    }


def how_many(counted: queries.Counted, seen: int = 0) -> str:
    """So many events; "more than" or "at least" so many where counting stopped."""
    n = counted.listed
    if counted.at_least:
        n = max(n, seen)
        return ngettext("at least %(n)s event", "at least %(n)s events", n) % {"n": digits(n)}
    return ngettext("%(n)s event", "%(n)s events", n) % {"n": shown_count(n, counted.limit or n)}


def hidden(counted: queries.Counted) -> str:
    """What is counted and not listed, said aloud."""
    if not counted.hidden:
        return ""
    return ngettext(
        "%(n)s more event is counted but stands in no list, map or file.",
        "%(n)s more events are counted but stand in no list, map or file.",
        counted.hidden,
    ) % {"n": shown_count(counted.hidden, counted.limit or counted.hidden)}


# ---- one event ----


def _found(request, uid: UUID):
    row = queries.incident(request.actor, uid)
    if row is None:
        raise unseen()
    return row


@require_safe
def incident(request, uid: UUID):
    """One event: what, when, where as far as it may be shown, and what was done to it."""
    row = _found(request, uid)
    return answer(
        request,
        "incidents/incident.html",
        row=row,
        number=shown.number(row, row.station.number),
        steps=drawing.steps(row),
        drawn=drawing.of_incident(row),
        may_correct=rules.may_correct(request.actor.roles_at(row.station_id)) is None,
    )


@require_http_methods(["GET", "POST"])
def correct(request, uid: UUID):
    """Put right what was recorded wrongly; the old values stay in the history."""
    row = _found(request, uid)
    insist(rules.may_correct(request.actor.roles_at(row.station_id)))
    form = forms.CorrectForm(request.POST or None, actor=request.actor, row=row)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                row.version = form.cleaned_data["version"]
                row = verbs.correct_incident(row, form.event(), by=request.actor, reason=form.cleaned_data["reason"])
                return went(reverse("incidents:incident", args=[row.uid]), _("The record was corrected."))
            except (Refused, Overtaken) as no:
                status = forms.refuse(form, no)
    return answer(
        request,
        "incidents/correct.html",
        status=status,
        row=row,
        form=form,
        number=shown.number(row, row.station.number),
        **_typing(form),
    )


# ---- the file of a list ----


@require_http_methods(["GET", "POST"])
def export(request):
    """Ask what the file is for, then send it."""
    actor, said = _eyes(request), filters.read(request)
    insist(rules.may_export(actor.roles()))
    form = forms.ExportForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            kind = form.cleaned_data["kind"]
            try:
                made = exports.export_list(said.wanted, by=actor, kind=kind, reason=form.cleaned_data["reason"])
                return FileResponse(
                    made, as_attachment=True, filename=exports.file_name(kind), content_type=exports.KINDS[kind]
                )
            except Refused as no:
                status = refuse(form, no)
    counted = queries.count(actor, said.wanted, queries.found(actor, said.wanted))
    return answer(
        request,
        "incidents/export.html",
        status=status,
        said=said,
        form=form,
        count_text=how_many(counted),
        hidden_text=hidden(counted),
        most=exports.MOST,
    )


@require_safe
def period(request):
    """A period of one's own becomes part of the list's address."""
    _eyes(request)
    form = forms.PeriodForm(request.GET)
    kept = request.GET.copy()
    for name in ("first", "last"):
        kept.pop(name, None)
    if form.is_valid():
        kept["period"] = filters.written(*sorted((form.cleaned_data["first"], form.cleaned_data["last"])))
    return HttpResponseRedirect(f"{reverse('incidents:list')}?{kept.urlencode()}")


# ---- a new event ----


@require_http_methods(["GET", "POST"])
def record(request):
    """Record an event; the next form is ready at once."""
    insist(rules.may_record(_eyes(request).roles()))
    given = {"beat": request.GET.get("beat", ""), "uid": uids.new()}
    form = forms.RecordForm(request.POST or None, actor=request.actor, initial=given)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                row = verbs.record_incident(form.event(), by=request.actor, uid=form.cleaned_data["uid"])
                row = _found(request, row.uid)
                return went(f"{reverse('incidents:record')}?after={row.uid}")
            except (Refused, Overtaken) as no:
                status = forms.refuse(form, no)
    return answer(
        request,
        "incidents/record.html",
        status=status,
        form=form,
        saved=_saved(request),
        ground=drawing.of_ground(request.actor),
        **_typing(form),
    )


def _typing(form) -> dict:
    """The kinds to choose from, and whether the optional fields stand open."""
    optional = ("to_clock", "to_day", "lon", "lat", "external_ref")
    return {
        "types": words.choices("incident_type"),
        "more_open": any(form[name].errors or form[name].value() for name in optional),
    }


def _saved(request) -> dict | None:
    """The event that was just recorded, to tell its number."""
    try:
        row = queries.incident(request.actor, UUID(request.GET.get("after", "")))
    except ValueError:
        return None
    return (
        {
            "row": row,
            "kind": words.word("incident_type", row.type.code),
            "number": shown.number(row, row.station.number),
        }
        if row
        else None
    )
