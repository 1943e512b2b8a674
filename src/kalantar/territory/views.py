"""The pages of this room: beats and who answers for them, and boundary files. The area page itself is in `overview`."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kalantar.formats import FileRefused
from kalantar.kernel import clock
from kalantar.kernel.change import Overtaken, Refused, insist
from kalantar.web.answer import answer, refuse, unseen, went
from kalantar.web.messages import SENTENCES
from kalantar.web.show import digits

from . import forms, imports, maps, queries, rules, sentences, verbs
from .names import title


@require_GET
def beats(request):
    """The beats of a station and who answers for each; a list of stations first, where there are several."""
    stations = list(queries.stations(request.actor))
    if not stations:
        raise unseen()
    station = _chosen(request, stations)
    if station is None:
        ground = maps.province_map(request.actor, urls={s.pk: f"?station={s.pk}" for s in stations})
        return answer(
            request,
            "territory/stations.html",
            title=_("Beats"),
            stations=queries.stations_with_counts(request.actor),
            map=ground,
        )
    rows = list(queries.beats(request.actor, station.pk))
    return answer(
        request,
        "territory/beats.html",
        title=_("Beats of %(station)s") % {"station": title(station)},
        station=station,
        beats=rows,
        map=maps.area_map(request.actor, station, beats=rows),
        several=len(stations) > 1,
        unnamed=sum(not beat.held for beat in rows),
        may_draw=queries.may_draw(request.actor),
    )


def _chosen(request, stations):
    """The station asked for; the only one; None when there is a choice to make. Another's station is unseen."""
    asked = request.GET.get("station", "")
    if asked:
        found = next((s for s in stations if str(s.pk) == asked), None)
        if found is None:
            raise unseen()
        return found
    return stations[0] if len(stations) == 1 else None


@require_GET
def beat(request, pk):
    """One beat: its ground and who answers for it."""
    return _beat_page(request, _beat(request, pk))


@require_POST
def name_officer(request, pk):
    found = _beat(request, pk)
    form = forms.OfficerForm(request.POST, officers=(officers := list(queries.may_hold(request.actor, found))))
    status = 422
    if form.is_valid():
        officer = next(o for o in officers if str(o.pk) == form.cleaned_data["officer"])
        try:
            verbs.name_beat_officer(found, officer, by=request.actor, from_on=form.cleaned_data["from_on"])
            return went(
                reverse("territory:beat", args=[pk]),
                _("%(officer)s answers for this beat.") % {"officer": title(officer)},
            )
        except (Refused, Overtaken) as no:
            status = refuse(form, no)
    return _beat_page(request, found, form=form, status=status)


@require_POST
def end_officer(request, pk):
    verbs.end_beat_officer(_beat(request, pk), by=request.actor)
    return went(reverse("territory:beat", args=[pk]), _("Nobody is named for this beat now."))


def _beat(request, pk):
    found = queries.beat(request.actor, pk)
    if found is None:
        raise unseen()
    return found


def _beat_page(request, found, *, form=None, status=200):
    may_name = rules.may("name_officer", roles=request.actor.roles_at(found.station_id)) and found.ended_on is None
    if may_name and form is None:
        form = forms.OfficerForm(officers=queries.may_hold(request.actor, found))
    officers = list(queries.officers_of(request.actor, found))
    return answer(
        request,
        "territory/beat.html",
        status=status,
        title=title(found),
        beat=found,
        area=sentences.square(found.area_m2),
        map=maps.area_map(request.actor, found.station, chosen=found.pk),
        form=form if may_name else None,
        officers=officers,
        held=next((o for o in officers if o.to_on is None), None),
    )


@require_http_methods(["GET", "POST"])
def boundaries(request):
    """How far the ground is drawn, and the door for a new file."""
    if not request.actor.stations():
        raise unseen()
    insist(None if queries.may_draw(request.actor) else "not_your_post")
    form, status = forms.BringForm(request.POST or None, request.FILES or None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                row = imports.look_at(
                    form.cleaned_data["file"],
                    form.cleaned_data["kind"],
                    by=request.actor,
                    file_name=form.cleaned_data["file"].name,
                )
                return went(reverse("territory:boundary_file", args=[row.uid]))
            except (FileRefused, Refused) as no:
                form.add_error(None, SENTENCES.say(no))
    return answer(
        request,
        "territory/boundaries.html",
        status=status,
        title=_("Boundaries"),
        form=form,
        state=queries.state(request.actor),
        files=queries.files(request.actor)[:20],
        old=queries.unreviewed(request.actor, clock.today()),
    )


@require_POST
def confirm_area(request, pk):
    """Somebody looked at a line and found it still right."""
    area = queries.area_by_key(request.actor, pk)
    if area is None:
        raise unseen()
    verbs.confirm_area(area, by=request.actor)
    return went(
        reverse("territory:boundaries"), _("The line of %(station)s is confirmed.") % {"station": title(area.station)}
    )


@require_GET
def boundary_file(request, uid):
    """What a file holds and what would be wrong with the ground, before anything is drawn."""
    return _file_page(request, _file(request, uid))


@require_POST
def read_otherwise(request, uid):
    row = _file(request, uid)
    report = imports.CoverageReport.from_json(row.report["report"]) if row.report else None
    insist(None if report and row.state == row.LOOKED_AT else "boundary_file_over")
    form = forms.ReadingForm(request.POST, properties=report.properties, with_station=row.kind == imports.BEAT)
    status = 422
    if form.is_valid():
        chosen = {name: value or None for name, value in form.cleaned_data.items()}
        try:
            imports.look_again(row, by=request.actor, reading=imports.Reading(**chosen))
            return went(reverse("territory:boundary_file", args=[uid]))
        except (Refused, Overtaken) as no:
            status = refuse(form, no)
    return _file_page(request, row, reading=form, status=status)


@require_POST
def take(request, uid):
    row = _file(request, uid)
    form = forms.TakeForm(request.POST, refusals=_refusals(row))
    form.is_valid()  # two boxes, ticked or not
    try:
        report = imports.take(
            row,
            by=request.actor,
            only_known=form.cleaned_data.get("only_known", False),
            overlaps_known=form.cleaned_data.get("overlaps_known", False),
        )
        return went(
            reverse("territory:boundary_file", args=[uid]), _("Drawn: %(n)s areas.") % {"n": digits(len(report.taken))}
        )
    except (Refused, Overtaken) as no:
        if isinstance(no, Refused) and no.key == "boundary_file_changed":
            row = imports.look_again(row, by=request.actor, reading=imports.Reading(**row.reading))
        again = forms.TakeForm(request.POST, refusals=_refusals(row))
        again.is_valid()
        return _file_page(request, row, take=again, status=refuse(again, no))


@require_POST
def drop(request, uid):
    imports.drop(_file(request, uid), by=request.actor)
    return went(reverse("territory:boundaries"), _("The file was set aside. Nothing was drawn."))


def _file(request, uid):
    row = queries.file(request.actor, uid)
    if row is None:
        raise unseen()
    return row


def _refusals(row):
    return row.report["report"]["refusals"] if row.report else ()


def _file_page(request, row, *, reading=None, take=None, status=200):
    report = imports.CoverageReport.from_json(row.report["report"]) if row.report else None
    waits = row.state == row.LOOKED_AT and report is not None
    if waits:
        hopeless = [key for key in report.refusals if key not in imports.KNOWN]
        take = take or forms.TakeForm(refusals=report.refusals)
        reading = reading or forms.ReadingForm(
            initial=row.reading, properties=report.properties, with_station=row.kind == imports.BEAT
        )
    return answer(
        request,
        "territory/file.html",
        status=status,
        title=_("File %(name)s") % {"name": row.file_name},
        row=row,
        report=report,
        said=sentences.page_of(report) if report else None,
        map=maps.report_map(row.report.get("drawn") or {}),
        waits=waits,
        refusal=SENTENCES.say(hopeless[0], **imports.refusal_places(report)) if waits and hopeless else "",
        take=take if waits and not hopeless else None,
        reading=reading if waits else None,
        steps=_steps(row),
    )


def _steps(row):
    over = row.state != row.LOOKED_AT
    return [
        {"label": _("Choose file"), "state": "done"},
        {"label": _("Read the report"), "state": "done" if over else "now"},
        {
            "label": _("Set aside") if row.state == row.DROPPED else _("Drawn") if over else _("Draw"),
            "state": "done" if over else "next",
        },
    ]
