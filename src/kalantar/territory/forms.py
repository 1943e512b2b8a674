"""The shape of what is typed; what it means is decided by the rules."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from kalantar.web.fields import JalaliDateField

from .imports import BEAT, STATION
from .names import title


class BringForm(forms.Form):
    """A file of boundaries."""

    kind = forms.ChoiceField(
        label=_("What the shapes are"),
        choices=[(STATION, _("Areas of stations")), (BEAT, _("Beats"))],
        widget=forms.RadioSelect,
        initial=BEAT,
    )
    file = forms.FileField(
        label=_("File of boundaries"),
        allow_empty_file=True,
        help_text=_(
            "GeoJSON, GeoPackage or a zipped Shapefile, in any coordinate system. Nothing is drawn before you agree."
        ),
    )


class ReadingForm(forms.Form):
    """Which property of a shape is what."""

    code = forms.ChoiceField(label=_("Code"), required=False)
    name = forms.ChoiceField(label=_("Name"), required=False)
    name_en = forms.ChoiceField(label=_("English name"), required=False)
    station = forms.ChoiceField(label=_("Station"), required=False)

    def __init__(self, *args, properties, with_station, **kwargs):
        super().__init__(*args, **kwargs)
        choices = [("", _("none")), *((own, own) for own in properties)]
        for field in self.fields.values():
            field.choices = choices
        if not with_station:
            del self.fields["station"]


class TakeForm(forms.Form):
    """The second decision, with what the person knows and accepts."""

    only_known = forms.BooleanField(label=_("Leave out the shapes that belong to no station of mine."), required=False)
    overlaps_known = forms.BooleanField(
        label=_("The overlaps are known; each place counts for one area only."), required=False
    )

    def __init__(self, *args, refusals=(), **kwargs):
        super().__init__(*args, **kwargs)
        for key, field in (("boundaries_unknown", "only_known"), ("boundaries_overlap", "overlaps_known")):
            if key not in refusals:
                del self.fields[field]


class OfficerForm(forms.Form):
    """Who answers for a beat."""

    officer = forms.ChoiceField(label=_("Officer of the beat"))
    from_on = JalaliDateField(label=_("From"), required=False, help_text=_("Empty: today."))

    def __init__(self, *args, officers, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["officer"].choices = [("", _("choose")), *((str(o.pk), title(o)) for o in officers)]
