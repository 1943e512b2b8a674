"""The shape of what is typed; what it means is decided by the rules."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from kalantar.persian.digits import to_latin
from kalantar.web import words
from kalantar.web.fields import JalaliDateField
from kalantar.web.messages import SENTENCES

from .messages import REFUSALS


class Form(forms.Form):
    """What is missing or stands on no list is told in our words: Django's own would show the code that was sent."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.error_messages["required"] = SENTENCES.say("empty")
            field.error_messages["invalid_choice"] = REFUSALS["not_on_the_list"]


def _ltr(widget=forms.TextInput, **attributes):
    return widget(attrs={"dir": "ltr", "autocapitalize": "none", "spellcheck": "false", **attributes})


class CodeField(forms.CharField):
    """Digits from a screen or from paper, in whichever digits they were typed."""

    def to_python(self, value):
        return to_latin(super().to_python(value)).replace(" ", "").replace("-", "")


class PasswordField(forms.CharField):
    def __init__(self, *, autocomplete: str, autofocus: bool = False, **rest):
        widget = forms.PasswordInput(attrs={"dir": "ltr", "autocomplete": autocomplete, "autofocus": autofocus})
        super().__init__(widget=widget, strip=False, max_length=128, **rest)


class SignInForm(Form):
    username = forms.CharField(label=_("Sign-in name"), max_length=60, widget=_ltr(autocomplete="username"))
    password = PasswordField(label=_("Password"), autocomplete="current-password")


class SureForm(Form):
    """The password once more, beside whatever form is held: a name of its own."""

    FIELD = "sure_password"
    sure_password = PasswordField(label=_("Password"), autocomplete="current-password", autofocus=True)


class SecondFactorForm(Form):
    code = CodeField(
        label=_("One-time code"),
        max_length=12,
        widget=_ltr(inputmode="numeric", autocomplete="one-time-code"),
        help_text=_("Six digits from your device, or eight digits of your printed card."),
    )


class DeviceCodeForm(Form):
    code = CodeField(
        label=_("The code on the device"), max_length=12, widget=_ltr(inputmode="numeric", autocomplete="one-time-code")
    )


class _NewPassword(Form):
    def clean(self):
        data = super().clean()
        if data.get("new") != data.get("again"):
            self.add_error("again", REFUSALS["passwords_differ"])
        return data


class ChoosePasswordForm(_NewPassword):
    new = PasswordField(
        label=_("New password"),
        autocomplete="new-password",
        help_text=_("At least 10 characters. Three or four words are easy to remember."),
    )
    again = PasswordField(label=_("New password, once more"), autocomplete="new-password")


class ChangePasswordForm(_NewPassword):
    old = PasswordField(label=_("Present password"), autocomplete="current-password")
    new = PasswordField(
        label=_("New password"),
        autocomplete="new-password",
        help_text=_("At least 10 characters. Three or four words are easy to remember."),
    )
    again = PasswordField(label=_("New password, once more"), autocomplete="new-password")


class JoinCodeForm(Form):
    code = forms.CharField(
        label=_("The code you were given"),
        max_length=40,
        widget=_ltr(autocomplete="off"),
        help_text=_("Twenty letters and digits. Blanks and dashes do not matter."),
    )


class PinForm(Form):
    pin = CodeField(
        label=_("PIN"), max_length=128, widget=_ltr(forms.PasswordInput, inputmode="numeric", autocomplete="off")
    )


class UnlockForm(Form):
    pin = forms.CharField(
        label=_("PIN"),
        max_length=128,
        strip=False,
        widget=_ltr(forms.PasswordInput, autocomplete="current-password", autofocus=True),
    )

    def __init__(self, *args, by_password: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        self.by_password = by_password
        if by_password:
            self.fields["pin"].label = _("Password")

    def clean_pin(self):
        typed = self.cleaned_data["pin"]
        return typed if self.by_password else to_latin(typed).replace(" ", "")


class UnitChoice(forms.ModelChoiceField):
    def label_from_instance(self, unit):
        return (words.language() == "en" and unit.name_en) or unit.name


class ColleagueChoice(forms.ModelChoiceField):
    def label_from_instance(self, officer):
        return (words.language() == "en" and officer.name_en) or officer.name


class EnrolForm(Form):
    name = forms.CharField(label=_("Name"), max_length=120)
    name_en = forms.CharField(label=_("Name in Latin letters"), max_length=120, required=False)
    username = forms.CharField(
        max_length=60,
        label=_("Sign-in name"),
        widget=_ltr(autocomplete="off"),
        help_text=_("Latin letters, digits, dot and dash; at least three."),
    )
    unit = UnitChoice(queryset=None, empty_label=None, label=_("Unit"))
    pack = forms.ChoiceField(
        label=_("Posts"),
        widget=forms.RadioSelect,
        help_text=_("A pack gives the posts that one person has in a small station."),
    )

    def __init__(self, *args, units, packs, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units
        self.fields["pack"].choices = words.choices("pack", only=packs)


class GivePostForm(Form):
    unit = UnitChoice(queryset=None, empty_label=None, label=_("Unit"))
    role = forms.ChoiceField(label=_("Post"))
    from_on = JalaliDateField(label=_("First day"))
    to_on = JalaliDateField(label=_("Last day"), required=False)

    def __init__(self, *args, units, roles, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units
        self.fields["role"].choices = words.choices("role", only={str(role) for role in roles})


class StandInForm(Form):
    officer = ColleagueChoice(queryset=None, label=_("Stand-in"))
    from_on = JalaliDateField(label=_("First day"))
    to_on = JalaliDateField(label=_("Last day"))

    def __init__(self, *args, officers, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["officer"].queryset = officers


class SectionForm(Form):
    parent = UnitChoice(queryset=None, empty_label=None, label=_("Station"))
    kind = forms.ChoiceField(label=_("Kind"))
    code = forms.RegexField(
        r"\A[A-Za-z0-9._-]{1,20}\Z",
        label=_("Code"),
        widget=_ltr(autocomplete="off"),
        error_messages={"invalid": REFUSALS["unit_code_shape"]},
    )
    name = forms.CharField(label=_("Name"), max_length=120)
    name_en = forms.CharField(label=_("Name in Latin letters"), max_length=120)

    def __init__(self, *args, stations, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["parent"].queryset = stations
        self.fields["kind"].choices = words.choices(
            "unit_kind", only={k for k in words.codes("unit_kind") if k.startswith("unit_")}
        )
