"""What the page `look/` shows: each page part once, with made-up places and counts."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.utils.translation import gettext as _

from kalantar.kernel import clock

from . import charts, fields, words
from .pager import Page
from .picks import Pick

COUNTS = (7, 9, 6, 8, 10, 7, 5, 8, 9, 11, 8, 7, 10, 9, 6, 8, 11, 9, 10, 8, 12, 11, 13, 14)


class Sample(forms.Form):
    """One field of each kind."""

    kind = forms.ChoiceField()
    on = fields.JalaliDateField()
    at = fields.ClockField(required=False)
    known = forms.ChoiceField(widget=forms.RadioSelect)
    n = fields.DigitsIntegerField(min_value=1, max_value=99)
    text = fields.TextField(lines=True, required=False)
    sure = forms.BooleanField(required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = words.choices("incident_type")
        self.fields["kind"].label = _("Type of incident")
        self.fields["on"].label = _("Day")
        self.fields["on"].help_text = _("Like 1405/09/03; any digits will do.")
        self.fields["at"].label = _("Hour")
        self.fields["known"].label = _("Is the hour known?")
        self.fields["known"].choices = [
            ("yes", _("Known")),
            ("interval", _("Between two hours")),
            ("no", _("Not known")),
        ]
        self.fields["n"].label = _("How many")
        self.fields["text"].label = _("What happened")
        self.fields["text"].help_text = _("Place and thing only. Please write no names here.")
        self.fields["sure"].label = _("I have looked at the list above")


def findings(today) -> list[dict]:
    """One of each kind."""
    first = today - timedelta(weeks=24)
    return [
        {
            "kind": "rise",
            "title": _("Theft from vehicles in beat 3 has gone above its usual number."),
            "text": _("14 cases in 4 weeks; usually 2 to 11."),
            "spark": charts.spark(COUNTS, low=2, high=11),
            "first": first,
            "last": today,
        },
        {
            "kind": "high",
            "title": _("Theft of vehicle parts in beat 6 has long been above like areas."),
            "text": "",
            "spark": charts.spark([9, 8, 10, 9, 9, 11, 8, 9, 10, 9, 8, 9, 10, 11, 9, 10], low=3, high=7),
            "first": first,
            "last": today,
        },
        {
            "kind": "repeat_place",
            "title": _("At one parking place, the fourth time in 90 days."),
            "text": "",
            "spark": charts.dots([0.52, 0.64, 0.8, 1], label=_("Four events in 24 weeks")),
            "first": first,
            "last": today,
        },
        {"kind": "too_few", "title": _("For 7 other types the numbers were too small to find a pattern."), "text": ""},
    ]


def parts(request) -> dict:
    """Everything the page shows."""
    today, now = clock.today(), clock.now()
    period = [("30", _("the last 30 days")), ("90", _("the last 90 days"))]
    hours = [[max(0, (h * 7 + d * 5) % 11 - 7 + (3 if h > 17 else 0)) for h in range(24)] for d in range(7)]
    form = Sample({"on": "1404/12/30", "kind": "T-CAR", "known": "yes", "n": "x"} if "errors" in request.GET else None)
    return {
        "title": _("Page parts"),
        "lines": [
            {
                "n": 4,
                "tone": "",
                "ask": _("What changed"),
                "text": findings(today)[0]["title"],
                "url": "#map",
                "label": words.word("button", "show_on_map"),
            },
            {
                "n": 2,
                "tone": "late",
                "ask": _("What is late"),
                "text": _("Two matters wait for their first answer."),
                "url": "#t",
                "label": words.word("button", "remind"),
            },
            {
                "n": 3,
                "tone": "go",
                "ask": _("What needs my signature"),
                "text": _("The hand-over of the night shift and two letters."),
                "url": "#s",
                "label": words.word("button", "read_sign"),
                "primary": True,
                "key": "s",
            },
        ],
        "findings": findings(today),
        "legend": [
            {"css": f"l{4 - i}", "label": words.word("expectation", code)}
            for i, code in enumerate(("far_above", "above", "slightly_above"), 1)
        ]
        + [{"css": "few", "label": words.word("expectation", "too_few")}],
        "beats": range(1, 13),
        "layers": [
            {"label": _("Incidents"), "at": now - timedelta(hours=3)},
            {"label": _("Street lighting"), "at": today - timedelta(days=12)},
            {"label": _("Environment sheet"), "at": today - timedelta(days=42), "old": True},
            {"label": _("Trusted residents"), "at": None, "url": "#"},
        ],
        "heat": charts.heat(hours),
        "bars": charts.bars(
            [
                (words.word("incident_type", c), n)
                for c, n in (("A-SERIOUS", 41), ("T-BREAK", 33), ("T-CAR", 12), ("P-DAMAGE", 4))
            ],
            here=0,
        ),
        "intervals": [
            {
                "label": words.word("status_report", "answered"),
                "bar": charts.interval(88, 80, 93),
                "shown": fields.show.percent(88),
            },
            {
                "label": words.word("status_demand", "verified"),
                "bar": charts.interval(63, 49, 75),
                "shown": fields.show.percent(63),
            },
        ],
        "columns": charts.columns(
            COUNTS,
            low=5,
            high=11,
            first=fields.show.day_month(today - timedelta(weeks=24)),
            last=fields.show.day_month(today),
            label=_("24 weeks, the last 14"),
        ),
        "steps": [
            {"label": words.word("button", "choose_file"), "state": "done"},
            {"label": _("Columns"), "state": "done"},
            {"label": words.word("button", "check"), "state": "now"},
            {"label": words.word("button", "load"), "state": "next"},
        ],
        "story": [
            {"label": words.word("status_demand", "delivered"), "state": "done", "at": now - timedelta(days=9)},
            {"label": words.word("mark_demand", "overdue"), "state": "late", "at": now - timedelta(days=2)},
            {
                "label": words.word("button", "remind"),
                "state": "now",
                "icon": "phone",
                "note": words.word("role", "demand_secretary"),
            },
            {"label": words.word("status_demand", "verified"), "state": "next"},
        ],
        "page": Page(
            rows=[],
            newer_url="",
            older_url="?older=1.1",
            total=43,
            total_text="43",
            range_text=_("Rows from %(first)s to %(last)s")
            % {"first": fields.show.day(today), "last": fields.show.day(today - timedelta(days=30))},
        ),
        "picks": {
            "type": Pick(request, "type", _("Type of incident"), words.choices("incident_type"), any=_("incidents")),
            "period": Pick(request, "days", _("Time"), period, default="30"),
        },
        "types": words.codes("incident_type")[:6],
        "states": words.codes("status_import"),
        "reports": words.codes("status_report"),
        "form": form,
        "today": today,
        "now": now,
    }
