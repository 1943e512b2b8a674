"""Forms of the import pages. They check shape only."""

from __future__ import annotations

from dataclasses import replace

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kalantar.persian.dates import CALENDARS, ORDERS
from kalantar.web import words
from kalantar.web.fields import CodeField, TextField

from . import mapping as mappings
from .mapping import FIELDS, Mapping

LABELS = {
    "type": gettext_lazy("Kind of event"),
    "date": gettext_lazy("Date"),
    "time": gettext_lazy("Hour"),
    "date_to": gettext_lazy("Date of the end"),
    "time_to": gettext_lazy("Hour of the end"),
    "interval": gettext_lazy("From–to in one column"),
    "lon": gettext_lazy("Longitude"),
    "lat": gettext_lazy("Latitude"),
    "x": gettext_lazy("X (metres)"),
    "y": gettext_lazy("Y (metres)"),
    "place_text": gettext_lazy("Place in words"),
    "place_kind": gettext_lazy("Kind of place"),
    "external_ref": gettext_lazy("Number in the register"),
    "station": gettext_lazy("Station"),
    "beat": gettext_lazy("Beat"),
}
HINTS = {
    "date": gettext_lazy("May hold the hour too."),
    "time": gettext_lazy("Leave it empty where the hour is not known."),
    "external_ref": gettext_lazy("The file or case number. Never a number of a person."),
}
CALENDAR_WORDS = {"jalali": gettext_lazy("Jalali"), "gregorian": gettext_lazy("Gregorian")}
ORDER_WORDS = {
    "ymd": gettext_lazy("year, month, day"),
    "dmy": gettext_lazy("day, month, year"),
    "mdy": gettext_lazy("month, day, year"),
}
PRECISION_WORDS = {
    "exact": gettext_lazy("The exact place"),
    "rounded": gettext_lazy("Rounded to the block"),
    "segment": gettext_lazy("The street only"),
}
REPEAT_WORDS = {
    "keep": gettext_lazy("Keep them: they may be two events"),
    "leave_out": gettext_lazy("Keep only the first of them"),
}
EXPECTED = frozenset({"date", "type", "lon", "lat"})  # one way or another the file has to tell these
MOST_VALUES = 60


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File with events"),
        help_text=gettext_lazy("CSV or XLSX. Place, time and kind of each event; no names and no numbers of persons."),
    )
    sheet = TextField(
        label=gettext_lazy("Sheet"),
        required=False,
        max_length=100,
        help_text=gettext_lazy("Only for an XLSX file with several sheets."),
    )


class ExpectedField(forms.ChoiceField):
    """May stay empty, and still the page does not call it optional."""

    expected = True


class MappingForm(forms.Form):
    """What each column means. The fields that every file needs come first."""

    def __init__(self, data=None, *, columns, left_out=(), given: Mapping, type_values=(), kind_values=()):
        super().__init__(data, initial=_initial(given, left_out))
        self.left_out, self.given = [column["column"] for column in left_out], given
        self.type_values, self.kind_values = type_values[:MOST_VALUES], kind_values[:MOST_VALUES]
        options = [("", _("not in the file")), *((name, name) for name in columns)]
        for name in FIELDS:
            kind = ExpectedField if name in EXPECTED else forms.ChoiceField
            self.fields[f"c_{name}"] = kind(
                label=LABELS[name], choices=options, required=False, help_text=HINTS.get(name, "")
            )
        types = [("", _("as the column says")), *words.choices("incident_type")]
        kinds = [("", _("not stated")), *words.choices("place_kind")]
        self.fields["type"] = forms.ChoiceField(label=_("One kind for all rows"), choices=types, required=False)
        self.fields["calendar"] = _choice(
            _("Calendar"), [("", _("by the year")), *((c, CALENDAR_WORDS[c]) for c in CALENDARS)]
        )
        self.fields["order"] = _choice(
            _("Order of the date"), [("", _("as the dates show")), *((o, ORDER_WORDS[o]) for o in ORDERS)]
        )
        self.fields["crs"] = CodeField(
            label=_("Coordinate system"),
            required=False,
            max_length=40,
            help_text=_("Its EPSG number. Degrees are 4326; metres in UTM zone 39 are 32639."),
        )
        self.fields["precision"] = _choice(_("How exact are the places?"), list(PRECISION_WORDS.items()), required=True)
        self.fields["repeats"] = _choice(
            _("Rows that are equal in everything"), list(REPEAT_WORDS.items()), required=True
        )
        for at, (value, _n) in enumerate(self.type_values):
            self.fields[f"t_{at}"] = forms.ChoiceField(
                label=value or _("(empty)"),
                choices=[("", _("not known: an error")), *types[1:]],
                required=False,
                initial=given.types.get(value) or mappings.code_of("incident_type", value),
            )
        for at, (value, _n) in enumerate(self.kind_values):
            self.fields[f"k_{at}"] = forms.ChoiceField(
                label=value or _("(empty)"),
                choices=kinds,
                required=False,
                initial=given.place_kinds.get(value) or mappings.code_of("place_kind", value),
            )
        if self.left_out:
            self.fields["leave_out"] = forms.BooleanField(label=_("Read the file without these columns"), required=True)

    def mapping(self) -> Mapping:
        """What was chosen. Raises MappingRefused when it contradicts itself."""
        said = self.cleaned_data
        columns = {name: said[f"c_{name}"] for name in FIELDS if said.get(f"c_{name}")}
        return replace(
            self.given,
            columns=columns,
            type=said["type"],
            calendar=said["calendar"],
            order=said["order"],
            crs=_crs(said["crs"]),
            precision=said["precision"],
            repeats=said["repeats"],
            left_out=tuple(self.left_out),
            types=self.given.types | {value: said[f"t_{at}"] for at, (value, _n) in enumerate(self.type_values)},
            place_kinds=self.given.place_kinds
            | {value: said[f"k_{at}"] for at, (value, _n) in enumerate(self.kind_values)},
        )

    # the template shows the fields in groups

    @property
    def needed(self):
        return [self[name] for name in ("c_date", "c_time", "c_type", "type", "c_lon", "c_lat")]

    @property
    def further(self):
        return [self[f"c_{name}"] for name in FIELDS if name not in {"date", "time", "type", "lon", "lat"}]

    @property
    def reading(self):
        return [self[name] for name in ("calendar", "order", "crs", "precision", "repeats")]

    @property
    def kinds_of_event(self):
        return [self[f"t_{at}"] for at in range(len(self.type_values))]

    @property
    def kinds_of_place(self):
        return [self[f"k_{at}"] for at in range(len(self.kind_values))]

    @property
    def agreement(self):
        return self["leave_out"] if self.left_out else None


def _crs(said: str) -> str:
    """A bare number is one of the EPSG register."""
    return f"EPSG:{said}" if said.isdigit() else said or mappings.WGS84


def _choice(label, choices, required=False):
    return forms.ChoiceField(label=label, choices=choices, required=required)


def _initial(given: Mapping, left_out) -> dict:
    said = {f"c_{name}": column for name, column in given.columns.items()}
    agreed = bool(left_out) and {column["column"] for column in left_out} <= set(given.left_out)
    return said | {
        "type": given.type,
        "calendar": given.calendar,
        "order": given.order,
        "crs": given.crs,
        "precision": given.precision,
        "repeats": given.repeats,
        "leave_out": agreed,
    }


class WithdrawForm(forms.Form):
    reason = TextField(
        label=gettext_lazy("Why is it withdrawn?"),
        max_length=300,
        help_text=gettext_lazy("The reason stays; the events go at once."),
    )


class PlaceForm(forms.Form):
    """Where a row belongs."""

    beat = forms.ChoiceField(label=gettext_lazy("Beat"))

    def __init__(self, data=None, *, beats):
        super().__init__(data)
        self.fields["beat"].choices = [("", _("Please choose")), *beats]


class AsideForm(forms.Form):
    reason = TextField(label=gettext_lazy("Why does it belong to no beat of ours?"), max_length=300)
