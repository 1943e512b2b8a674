"""Forms of events: what a keyboard can fill in within half a minute. They check shape; the rules and the verb check meaning."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kalantar.kernel import clock
from kalantar.kernel.change import Overtaken, Refused
from kalantar.persian import InputError, digits, letters
from kalantar.territory.names import title
from kalantar.web import answer, show, words
from kalantar.web.fields import ClockField, CodeField, JalaliDateField, NumbersInput, TextField, at
from kalantar.web.messages import SENTENCES

from . import queries, rules, shown
from .models import Incident
from .verbs import Event

SUGGESTED = 6


class TypeField(forms.CharField):
    """A kind of event by its code or its words; the beginning is enough where it can mean only one."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.widget.attrs.update({"list": "types", "autocomplete": "off", "autofocus": True, "dir": "auto"})

    def to_python(self, value):
        text = letters.search_key(super().to_python(value))
        if not text:
            return ""
        known = [
            (
                code,
                [
                    letters.search_key(name)
                    for name in (code, words.word("incident_type", code, "fa"), words.word("incident_type", code, "en"))
                ],
            )
            for code in words.codes("incident_type")
        ]
        for fits in (lambda name: name == text, lambda name: name.startswith(text), lambda name: text in name):
            met = [code for code, names in known if any(map(fits, names))]
            if len(met) == 1:
                return met[0]
            if met:
                told = [words.word("incident_type", code) for code in met[:SUGGESTED]]
                raise ValidationError(
                    _("This may mean several kinds: %(kinds)s. Please write a little more.")
                    % {"kinds": _(", ").join(told)},
                    code="several",
                )
        raise ValidationError(SENTENCES.say("type_unknown"), code="type_unknown")

    def prepare_value(self, value):
        return words.word("incident_type", value) if value in words.codes("incident_type") else value


class DegreesField(forms.Field):
    """Longitude or latitude in degrees, in any digit set."""

    widget = NumbersInput

    def to_python(self, value):
        if value in self.empty_values:
            return None
        try:
            return float(digits.parse_number(value)) if isinstance(value, str) else float(value)
        except (InputError, OverflowError):
            raise ValidationError(SENTENCES.say("not_a_number"), code="not_a_number") from None

    def prepare_value(self, value):
        return value if isinstance(value, str) or value is None else show.digits(str(value))


class EventForm(forms.Form):
    """What happened, where, when. One point decides the beat; without one the beat is chosen."""

    type = TypeField(
        label=gettext_lazy("Kind of event"), help_text=gettext_lazy("A code or the first letters of the words.")
    )
    place_text = TextField(
        label=gettext_lazy("Place in words"),
        max_length=160,
        required=False,
        help_text=gettext_lazy("Street, crossing, shop. No name and no number of a person."),
    )
    place_kind = forms.ChoiceField(label=gettext_lazy("Kind of place"), initial="unknown")
    beat = forms.ChoiceField(label=gettext_lazy("Beat"))
    day = JalaliDateField(label=gettext_lazy("Day"))
    clock = ClockField(
        label=gettext_lazy("Hour"),
        required=False,
        help_text=gettext_lazy("Leave it empty where the hour is not known."),
    )
    to_clock = ClockField(label=gettext_lazy("Until, hour"), required=False)
    to_day = JalaliDateField(label=gettext_lazy("Until, day"), required=False)
    lon = DegreesField(label=gettext_lazy("Longitude"), required=False)
    lat = DegreesField(label=gettext_lazy("Latitude"), required=False)
    external_ref = CodeField(label=gettext_lazy("Reference number"), max_length=60, required=False)

    use_required_attribute = False  # what is missing is told above the form, in our words

    def __init__(self, *args, actor, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.error_messages["required"] = SENTENCES.say("empty")
        self.fields["beat"].error_messages["required"] = SENTENCES.say("beat_missing")
        self.fields["beat"].required = not (self.is_bound and self.data.get("lon") and self.data.get("lat"))
        self.beats = queries.beats(actor)
        several = len({beat.station_id for beat in self.beats}) > 1
        self.fields["beat"].choices = [
            ("", "—"),
            *(
                (str(beat.pk), f"{title(beat)} · {show.digits(beat.code)}" if several else title(beat))
                for beat in self.beats
            ),
        ]
        self.fields["place_kind"].choices = words.choices("place_kind")
        self.fields["day"].widget.attrs["size"] = self.fields["to_day"].widget.attrs["size"] = 12
        for name in self.errors if self.is_bound else ():
            self.fields[name].widget.attrs["aria-invalid"] = "true"

    def clean_place_text(self):
        text = self.cleaned_data["place_text"]
        fault = rules.words_fault(text)
        if fault:
            raise ValidationError(SENTENCES.say(fault), code=fault)
        return text

    def clean(self):
        given = super().clean()
        if not self.errors:
            try:
                self.times()
            except ValidationError as no:
                self.add_error("clock", no)
        return given

    def times(self) -> tuple[datetime, datetime | None, bool]:
        """From, until, and whether the hour is known. An end before the beginning's hour, without a day, is on the next day."""
        given = self.cleaned_data
        midnight = datetime.min.time()
        known = given["clock"] is not None
        first = at(given["day"], given["clock"] or midnight, clock.zone())
        if given["to_clock"] is None and given["to_day"] is None:
            return first, None, known
        to_day = given["to_day"] or given["day"]
        if given["to_day"] is None and known and given["to_clock"] < given["clock"]:
            to_day += timedelta(days=1)
        return first, at(to_day, given["to_clock"] or given["clock"] or midnight, clock.zone()), known

    def event(self) -> Event:
        """The frozen input of the verb."""
        given = self.cleaned_data
        first, last, known = self.times()
        return Event(
            type=given["type"],
            occurred_from=first,
            occurred_to=last,
            time_known=known,
            place_kind=given["place_kind"],
            place_text=given["place_text"],
            lon=given["lon"],
            lat=given["lat"],
            beat=int(given["beat"] or 0) or None,
            external_ref=given["external_ref"],
        )


class RecordForm(EventForm):
    """A new event. Its uid is made with the form, so that sending it twice records it once."""

    uid = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args, initial=None, **kwargs):
        now = clock.now().replace(second=0, microsecond=0)
        super().__init__(*args, initial={"day": now, "clock": now, **(initial or {})}, **kwargs)


class CorrectForm(EventForm):
    """An event as it was recorded, to be put right. The exact place of what is never a point is kept, not shown: neither
    its coordinates nor its door."""

    reason = TextField(label=gettext_lazy("Reason for the correction"), max_length=300)
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, row: Incident, **kwargs):
        self.row = row
        first, last = row.occurred_from, row.occurred_to
        shown_point = row.shown_as == Incident.POINT
        super().__init__(
            *args,
            initial={
                "type": row.type.code,
                "place_text": shown.place_words(row),
                "place_kind": row.place_kind,
                "beat": str(row.beat_id),
                "day": first,
                "clock": first if row.time_known else None,
                "to_day": last,
                "to_clock": last if row.time_known else None,
                "lon": row.lon if shown_point else None,
                "lat": row.lat if shown_point else None,
                "external_ref": row.external_ref,
                "version": row.version,
            },
            **kwargs,
        )
        if row.lon is not None and not shown_point:
            self.fields["lon"].help_text = _("The exact place is kept and not shown here. Write it only to change it.")
        if row.place_text != shown.place_words(row):
            self.fields["place_text"].help_text = _(
                "The exact place is kept and not shown here. Write it only to change it."
            )

    def event(self) -> Event:
        made = super().event()
        if "place_text" not in self.changed_data:
            made = replace(made, place_text=self.row.place_text)
        if (
            made.lon is None
            and self.row.lon is not None
            and self.row.shown_as != Incident.POINT
            and made.beat == self.row.beat_id
        ):
            return replace(made, lon=self.row.lon, lat=self.row.lat)
        if (
            made.lon is not None
            and "lon" not in self.changed_data
            and "lat" not in self.changed_data
            and made.beat != self.row.beat_id
        ):
            return replace(made, lon=None, lat=None)
        return made


class ExportForm(forms.Form):
    """Why a file is needed, and which kind."""

    reason = TextField(
        label=gettext_lazy("What the file is for"),
        max_length=300,
        help_text=gettext_lazy("It is written in the log beside your name."),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind of file"),
        choices=[("xlsx", "XLSX"), ("csv", "CSV")],
        initial="xlsx",
        widget=forms.RadioSelect,
    )


class PeriodForm(forms.Form):
    """A period of one's own for the list."""

    first = JalaliDateField(label=gettext_lazy("From day"))
    last = JalaliDateField(label=gettext_lazy("To day"))


TYPED_IN = {"occurred_from": "clock", "occurred_to": "to_clock"}


def refuse(form: EventForm, no: Refused | Overtaken) -> int:
    """Put a refusal of the verb at the field in which it was typed, and give the status to answer with."""
    if isinstance(no, Refused) and (field := no.details.get("field")):
        no.details["field"] = TYPED_IN.get(field, field)
    return answer.refuse(form, no)
