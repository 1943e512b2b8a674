"""Bringing a file in: send, say what it means, look at it, load it, and take it back if it was wrong."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from django.http import HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kalantar.formats import FileRefused, write_csv, write_xlsx
from kalantar.kernel import files
from kalantar.kernel.change import Overtaken, Refused, insist
from kalantar.territory.names import title
from kalantar.web import pager, show, words
from kalantar.web.answer import answer, refuse, unseen, went

from . import imports as engine
from . import mapping as mappings
from . import queries_import as queries
from . import rules, sentences, tables, types, verbs
from .forms_import import AsideForm, MappingForm, PlaceForm, UploadForm, WithdrawForm
from .shown import place_words

AT_ONCE = 100_000  # files up to here are checked while the person waits; larger ones by a job
STEPS = ("send", "columns", "check", "load")


# ---- the list, and a new file ----


@require_http_methods(["GET", "POST"])
def imports(request):
    """Files brought in before, and the door for a new one."""
    if not request.actor.stations():
        raise unseen()
    insist(None if queries.may_import(request.actor) else "not_your_post")
    form, status = UploadForm(request.POST or None, request.FILES or None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            sent = form.cleaned_data["file"]
            try:
                with OnDisk(sent) as path:
                    batch = engine.receive(
                        path, by=request.actor, name=sent.name, sheet=form.cleaned_data["sheet"] or None
                    )
                return went(reverse("incidents:import", args=[batch.uid]))
            except FileRefused as no:
                form.add_error("file", sentences.say(no.key, **no.details))
            except Refused as no:
                status = refuse(form, no)
    return answer(
        request,
        "incidents/import/list.html",
        status=status,
        title=_("Files with events"),
        form=form,
        page=pager.page(request, queries.imports(request.actor), order=("made_at", "pk"), size=30, counted=False),
        waiting=queries.to_fix(request.actor).count(),
    )


class OnDisk:
    """An uploaded file as a path; small ones that stayed in memory are written to the folder for work in progress."""

    def __init__(self, sent):
        self.sent, self.made = sent, None

    def __enter__(self) -> Path:
        if hasattr(self.sent, "temporary_file_path"):
            return Path(self.sent.temporary_file_path())
        self.made = engine.scratch(self.sent.chunks())
        return self.made

    def __exit__(self, *_):
        if self.made:
            self.made.unlink(missing_ok=True)


# ---- one file ----


def _import(request, uid):
    """A file of one's own units, for who brings files in: it may hold more than an event's page shows."""
    found = queries.one_import(request.actor, uid)
    if found is None:
        raise unseen()
    insist(rules.may_import(request.actor.roles_at(found.unit_id)))
    return found


@require_GET
def one(request, uid):
    """Where this file stands: its columns and preview, its check, its progress or its result."""
    return _page(request, _import(request, uid))


def _page(request, batch, *, mapping_form=None, withdraw_form=None, status=200):
    shown = {
        "title": _("Import of a file"),
        "batch": batch,
        "may": queries.may_import(request.actor),
        "failure": _failure(batch),
        "counts": _counts(batch),
        "again": engine.same_file(batch, request.actor),
        "steps": _steps(batch),
    }
    if batch.state in {batch.UPLOADED, batch.FAILED} and batch.file_id:
        mapping = mappings.from_json(batch.mapping) if batch.mapping else engine.guessed(batch)
        form = mapping_form or _mapping_form(None, batch, mapping)
        shown |= {
            "form": form,
            "mapping": mapping,
            "left_out": _left_out(batch),
            "trying": queries.is_being_tried(batch),
        }
        if batch.mapping and verbs.import_refusal(batch) is None and mapping_form is None:
            shown |= _looked_at(batch, mapping, request.actor)
        shown["report"] = _report(batch)
        return answer(request, "incidents/import/columns.html", status=status, **shown)
    shown |= {"report": _report(batch), "withdraw": withdraw_form or WithdrawForm(), "waiting": batch.outside}
    return answer(request, "incidents/import/result.html", status=status, **shown)


@require_POST
def choose(request, uid):
    """What the columns mean."""
    batch = _import(request, uid)
    given = mappings.from_json(batch.mapping) if batch.mapping else engine.guessed(batch)
    form = _mapping_form(request.POST, batch, given)
    if form.is_valid():
        try:
            mapping = form.mapping()
            insist(mapping.missing(batch.about["columns"]))
            verbs.map_import(batch, mapping, by=request.actor)
            return went(reverse("incidents:import", args=[uid]) + "#preview", _("The meaning of the columns is kept."))
        except (Refused, Overtaken) as no:
            return _page(request, batch, mapping_form=form, status=refuse(form, no))
    return _page(request, batch, mapping_form=form, status=422)


@require_POST
def check(request, uid):
    """Read the whole file and keep nothing."""
    batch = _import(request, uid)
    insist(rules.refusal("start", state=batch.state, roles=request.actor.roles_at(batch.unit_id)))
    insist(verbs.import_refusal(batch))
    if batch.rows > AT_ONCE:
        verbs.ask_check(batch, by=request.actor)
    else:
        engine.check(batch, by=request.actor)
    return went(reverse("incidents:import", args=[uid]) + "#report")


@require_POST
def load(request, uid):
    verbs.start_import(_import(request, uid), by=request.actor)
    return went(reverse("incidents:import", args=[uid]))


@require_POST
def withdraw(request, uid):
    batch = _import(request, uid)
    form = WithdrawForm(request.POST)
    status = 422
    if form.is_valid():
        try:
            verbs.withdraw_import(batch, by=request.actor, reason=form.cleaned_data["reason"])
            return went(reverse("incidents:import", args=[uid]), _("Withdrawn. Its events and totals are gone."))
        except (Refused, Overtaken) as no:
            status = refuse(form, no)
    return _page(request, batch, withdraw_form=form, status=status)


@require_POST
def discard(request, uid):
    verbs.discard_import(_import(request, uid), by=request.actor)
    return went(reverse("incidents:imports"), _("The file was set aside. Nothing of it was loaded."))


@require_GET
def errors(request, uid, kind):
    """The errors as a table: row, column, value, reason, cure."""
    batch = _import(request, uid)
    if batch.errors_id is None:
        raise unseen()
    columns = [_("Row"), _("Column"), _("Value"), _("Reason"), _("What to do")]
    rows = (
        (error.row, error.column, error.value, *sentences.fault(error.key, error.args))
        for error in engine.errors_of(batch)
    )
    return _download(f"errors-{batch.pk}", kind, columns, rows)


@require_GET
def mapping_file(request, uid):
    """The mapping as a file for the command line."""
    batch = _import(request, uid)
    if not batch.mapping:
        raise unseen()
    return HttpResponse(
        mappings.to_toml(mappings.from_json(batch.mapping)),
        content_type="application/toml; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="map-{batch.pk}.toml"'},
    )


def _download(name, kind, columns, rows):
    path = engine.scratch(())
    try:
        if kind == "xlsx":
            write_xlsx(path, columns, rows, right_to_left=words.language() == "fa", title=_("Errors"))
        else:
            write_csv(path, columns, rows)
        source = path.open("rb")
    finally:
        path.unlink(missing_ok=True)  # the open handle keeps it until it is sent
    types = {
        "csv": "text/csv; charset=utf-8",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    }
    return StreamingHttpResponse(
        iter(lambda: source.read(1 << 16), b""),
        content_type=types[kind],
        headers={"Content-Disposition": f'attachment; filename="{name}.{kind}"'},
    )


# ---- rows that wait for a place ----


@require_GET
def to_fix(request):
    """Rows whose place lies in no beat."""
    if not request.actor.stations():
        raise unseen()
    page = pager.page(request, queries.to_fix(request.actor), order=("occurred_from", "pk"), ascending=True)
    for row in page:
        row.place_shown = _may_be_listed(row)
        row.place_words = place_words(row, _shown_as(row))
    return answer(request, "incidents/import/to_fix.html", title=_("Rows that wait for a place"), page=page)


def _may_be_listed(row) -> bool:
    """Whose place is never drawn is not listed with it either (R14); who places the row sees it there."""
    return _shown_as(row) > rules.NEVER


def _shown_as(row) -> int:
    return rules.shown_as(
        code=row.type.code,
        violent=row.type.violent,
        never_drawn=row.type.never_drawn,
        building=row.type.code in types.BUILDING,
        place_kind=row.place_kind,
    )


@require_http_methods(["GET", "POST"])
def fix(request, pk):
    """One row: put it on a beat, or say why it is not ours."""
    row = queries.one_to_fix(request.actor, pk)
    if row is None:
        raise unseen()
    insist(rules.may_place(request.actor.roles_at(row.stated_station_id or row.unit_id)))
    beats = [
        (str(b.pk), f"{title(b)} · {title(b.station)}")
        for b in queries.beats_to_choose(request.actor, row.stated_station_id)
    ]
    form, aside, status = PlaceForm(beats=beats), AsideForm(), 200
    if request.method == "POST":
        status = 422
        placing = "beat" in request.POST
        sent = PlaceForm(request.POST, beats=beats) if placing else AsideForm(request.POST)
        form, aside = (sent, aside) if placing else (form, sent)
        if sent.is_valid():
            try:
                if placing:
                    verbs.place_unplaced(row, by=request.actor, beat=int(sent.cleaned_data["beat"]))
                    return went(reverse("incidents:to_fix"), _("Placed. The event counts from now on."))
                verbs.set_unplaced_aside(row, by=request.actor, reason=sent.cleaned_data["reason"])
                return went(reverse("incidents:to_fix"), _("Set aside with its reason."))
            except (Refused, Overtaken) as no:
                status = refuse(sent, no)
    return answer(
        request,
        "incidents/import/fix.html",
        status=status,
        title=_("Where does this event belong?"),
        row=row,
        form=form,
        aside=aside,
    )


# ---- what the templates are given ----


def _mapping_form(data, batch, mapping):
    path = files.path_of(batch.file)
    columns = batch.about["columns"]

    def values(name):
        chosen = (data or {}).get(f"c_{name}") if data is not None else mapping.column(name)
        return tables.distinct(path, chosen) if chosen in columns else []

    return MappingForm(
        data,
        columns=columns,
        left_out=batch.about["left_out"],
        given=mapping,
        type_values=values("type"),
        kind_values=values("place_kind"),
    )


def _looked_at(batch, mapping, actor) -> dict:
    """The first rows as they will be read."""
    try:
        reading = engine.try_out(batch, mapping, by=actor, limit=engine.PREVIEW_ROWS)
    except Refused as no:
        return {"preview_refused": sentences.say(no.key, **no.details)}
    return {"preview": [_shown_row(entry) for entry in reading.preview]}


def _shown_row(entry: dict) -> dict:
    shown = {
        "row": entry["row"],
        "errors": [
            {"column": e["column"], "text": " ".join(sentences.fault(e["key"], e["args"]))} for e in entry["errors"]
        ],
    }
    if "type" in entry:
        moment = datetime.fromtimestamp(entry["at"] * 60, UTC)
        shown |= {
            "type": words.word("incident_type", entry["type"]),
            "kind": words.word("place_kind", entry["kind"]),
            "beat": entry["beat"],
            "station": entry["station"],
            "at": show.moment(moment) if entry["known"] else show.day(date.fromisoformat(entry["day"])),
            "to": show.moment(datetime.fromtimestamp(entry["to"] * 60, UTC)) if entry["to"] else "",
            "good": not entry["errors"],
            "outside": not entry["beat"],
        }
    return shown


def _left_out(batch) -> list[dict]:
    return [{"column": column["column"], "why": sentences.left_out(column)} for column in batch.about["left_out"]]


def _failure(batch) -> str:
    return sentences.say(batch.failure["key"], **batch.failure.get("args", {})) if batch.failure else ""


def _counts(batch) -> list[tuple[str, int]]:
    return [
        (_("Rows"), batch.rows),
        (_("Taken in"), batch.accepted),
        (_("Waiting for a place"), batch.outside),
        (_("Here already"), batch.duplicates),
        (_("Left out because of an error"), batch.refused),
    ]


def _report(batch) -> dict | None:
    """The last reading in words."""
    kept = batch.report
    if not kept:
        return None
    named = queries.stations_named(kept["stations"])
    stop = kept.get("stop")
    return {
        "counts": [
            (_("Rows"), kept["counts"]["rows"]),
            (_("Will be taken in"), kept["counts"]["accepted"]),
            (_("Waiting for a place"), kept["counts"]["outside"]),
            (_("Here already"), kept["counts"]["duplicates"]),
            (_("Left out because of an error"), kept["counts"]["refused"]),
        ]
        if "counts" in kept
        else [],
        "errors": [
            {
                "n": n,
                "reason": sentences.fault(key)[0],
                "cure": sentences.fault(key)[1],
                "row": _("taken in all the same") if key.startswith("note_") else _("left out"),
            }
            for key, n in kept["errors"].items()
        ],
        "types": [{"word": words.word("incident_type", code), "n": n} for code, n in kept["types"].items()],
        "months": [{"word": _month(said), "n": n} for said, n in kept["months"].items()][-24:],
        "stations": [
            {"word": title(named[code]) if code in named else code, "n": n} for code, n in kept["stations"].items()
        ],
        "beats": [{"word": code, "n": n} for code, n in list(kept["beats"].items())[:12]],
        "repeated": kept["repeated"],
        "repeated_rows": kept["repeated_rows"][:20],
        "duplicate_rows": kept["duplicate_rows"][:20],
        "stop": sentences.say(stop["key"], **stop["args"]) if stop else "",
        "good": not stop and kept.get("counts", {}).get("accepted", 1) > 0,
    }


def _month(said: str) -> str:
    from kalantar.persian.calendar import gregorian, month_year

    year, month = map(int, said.split("-"))
    return month_year(gregorian(year, month, 15), words.language())


def _steps(batch) -> list[dict]:
    """Where in the work this file stands."""
    labels = {
        "send": _("Send the file"),
        "columns": _("Say what the columns mean"),
        "check": _("Check"),
        "load": _("Load"),
    }
    done = (
        1 + bool(batch.mapping) + bool(batch.report)
        if batch.state in {batch.UPLOADED, batch.FAILED}
        else 3 + (batch.state != batch.LOADING)
    )
    return [
        {"label": labels[name], "state": "done" if at < done else "now" if at == done else "next"}
        for at, name in enumerate(STEPS)
    ]
