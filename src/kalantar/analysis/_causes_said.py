# SPDX-License-Identifier: BSD-3-Clause
"""The causes in words: what is claimed, what would show that it is not so, what to look at on the spot."""

import numpy as np

from kalantar.analysis.causes import Cause

MOST_NAMES = 12

DISPROOF = {
    "dead_lamps": "As many near these lamps on nights when they are lit, or by day while they are out; or no "
    "fall after they are mended.",
    "derelict_buildings": "As many near these buildings before they became derelict as since; or no fall once "
    "they are walled up, cleared or lived in.",
    "attractor_hours": "The same hours on its closed days; or the peak stays where it is when the hours change.",
    "near_repeat": "No more pairs close in days than the places and dates alone would give; or the next weeks "
    "bring none near the last ones.",
    "displacement": "The side towards the neighbour moves as the rest of the station does; or the neighbour's "
    "own count did not fall; or it rose here before the change there.",
    "recording": "Another register (the emergency line, insurers, the hospital) shows the same change.",
    "nothing": "A layer not given here (works, a closed road, a new school, a market day) whose dates fit.",
}
CHECK = {
    "dead_lamps": "Go after dark: which lamps are out, since when, is it darker than the next street, what "
    "else is shut or empty there at that hour?",
    "derelict_buildings": "Is it open, who owns it, since when empty, what lies about, which way do people "
    "come and go?",
    "attractor_hours": "Stand there at that hour on an open and on a closed day: where do people wait, park, "
    "leave things; is there a steward and light?",
    "near_repeat": "Visit the places around the last ones within days: what do they share (locks, entry, "
    "type of car), what was taken, how was it done?",
    "displacement": "Ask the neighbour what was done, where and since which day; compare ways of doing and "
    "hours on both sides of the border.",
    "recording": "Who wrote the records, on which form or system, since when; take ten of before and ten of "
    "after and compare.",
    "nothing": "Ask the officers of the beat why here and why now; bring the dates of what changed there.",
}
OTHER_DISPROOF = "As many near these places while they are not in this state; or no change when the state ends."
OTHER_CHECK = "Go there at that hour: is it as the layer says, since when, what else changed on the same day?"
PLACE_DISPROOF = "As many at like places without it; or dates and hours, once given, that do not fit."
PLACE_CHECK = "Give dates or opening hours for these places; then they can be tested."
FIGURES = "%(count)s events there, %(expected)s by their usual days and hours."
SAID = {
    "recording": "The way of writing down changed, not what happened.",
    "recording_day": "The way of writing down changed about %(day)s, and a rise across that day may be paper only.",
    "place": "There is more near the places of this layer (%(kind)s).",
    "dead_lamps": "In the dark, within about %(m)s m of these lamps (%(named)s), more happens while they are out: "
    + FIGURES,
    "derelict_buildings": "Within about %(m)s m of these buildings (%(named)s), more happens since they are derelict: "
    + FIGURES,
    "open": "Within about %(m)s m of %(named)s (%(kind)s), more happens while it is open: " + FIGURES,
    "closing": "Within about %(m)s m of %(named)s (%(kind)s), more happens around and after closing: " + FIGURES,
    "both": "Within about %(m)s m of %(named)s (%(kind)s), more happens around opening and closing: " + FIGURES,
    "opening": "Within about %(m)s m of %(named)s (%(kind)s), more happens around opening: " + FIGURES,
    "near_repeat": "Where something happened, more follows within about %(m)s m and %(days)s days: %(count)s such pairs, "
    "%(expected)s by places and dates alone.",
    "displacement": "Since the change next door (%(named)s), more happens on that side, within about %(m)s m of it, "
    "against the rest of the station: " + FIGURES,
    "displacement_day": "Since the change next door (%(named)s) on %(day)s, more happens on that side, within about "
    "%(m)s m of it, against the rest of the station: " + FIGURES,
    "state": "Within about %(m)s m of these places (%(kind)s: %(named)s), more happens while they are in this state: "
    + FIGURES,
    "nothing": "Nothing given here explains it.",
    "nothing_slow": "Nothing given here explains it. Some quarter was busier for a season, whatever the reason.",
    "unknown": "Nothing can be said of %(kind)s.",
}


def cause(test, *, verdict, why, reason, explained_by):
    ratio, low, high = test.interval()
    gain = test.gain
    features = ()
    if gain is not None and len(gain.features):
        order = np.argsort(-gain.feature_gain, kind="stable")
        features = tuple(test.names[i] for i in gain.features[order])
    base = test.key if test.key in DISPROOF else ""
    plain = gain is None and test.key not in ("near_repeat", "recording")
    template, values = _sentence(test, features)
    return Cause(
        key=test.key,
        kind=test.kind,
        sentence=english(template, values),
        said=(template, values),
        verdict=verdict,
        why=why,
        reason=reason,
        evidence=float(test.evidence),
        gain=float(gain.gain) if gain is not None else float("nan"),
        rival=float(gain.rivals.max()) if gain is not None and len(gain.rivals) else float("nan"),
        count=float(test.count),
        expected=float(test.expected),
        ratio=float(ratio),
        low=float(low),
        high=float(high),
        radius_m=float(gain.radius_m) if gain is not None else float("nan"),
        features=features[:MOST_NAMES],
        explained_by=explained_by,
        disproof=DISPROOF[base] if base else PLACE_DISPROOF if plain else OTHER_DISPROOF,
        check=CHECK[base] if base else PLACE_CHECK if plain else OTHER_CHECK,
    )


def _sentence(test, features):
    """The template and its values; `english` fills them in, another language translates the template first."""
    named = ", ".join(features[:5]) + (", ..." if len(features) > 5 else "")
    gain = test.gain
    if test.key == "recording":
        return (SAID["recording"], {}) if test.moment is None else (SAID["recording_day"], {"day": test.moment})
    if gain is None:
        return SAID["place"], {"kind": test.kind}
    values = {
        "m": round(float(gain.radius_m)),
        "named": named,
        "count": round(float(test.count), 1),
        "expected": round(float(test.expected), 1),
    }
    if test.key in ("dead_lamps", "derelict_buildings"):
        return SAID[test.key], values
    if test.signature:
        return SAID[test.signature], values | {"kind": test.kind}
    if test.key == "near_repeat":
        days = {"days": round(float(test.numbers["limit"])), "count": round(float(test.count))}
        return SAID["near_repeat"], values | days
    if test.key == "displacement":
        if test.moment is None or np.isnat(test.moment):
            return SAID["displacement"], values
        return SAID["displacement_day"], values | {"day": test.moment.astype("datetime64[D]")}
    return SAID["state"], values | {"kind": test.kind}


def english(template, values):
    """The sentence itself."""
    return template % {name: f"{one:.1f}" if isinstance(one, float) else one for name, one in values.items()}


def nothing(supported, slow, reason):
    """The row that keeps the others honest."""
    template = SAID["nothing_slow" if slow > np.log(20) else "nothing"]
    return Cause(
        key="nothing",
        kind="",
        sentence=template,
        said=(template, {}),
        verdict="not_supported" if supported else "possible",
        why="something_supported" if supported else "nothing_supported",
        reason=reason,
        evidence=0.0,
        gain=0.0,
        rival=float("nan"),
        count=float("nan"),
        expected=float("nan"),
        ratio=float("nan"),
        low=float("nan"),
        high=float("nan"),
        radius_m=float("nan"),
        features=(),
        explained_by="",
        disproof=DISPROOF["nothing"],
        check=CHECK["nothing"],
    )


def unknown(key, kind, why, reason):
    """A cause of which nothing can be said."""
    values = {"kind": kind or key.replace("_", " ")}
    return Cause(
        key=key,
        kind=kind,
        sentence=english(SAID["unknown"], values),
        said=(SAID["unknown"], values),
        verdict="cannot_tell",
        why=why,
        reason=reason,
        evidence=float("nan"),
        gain=float("nan"),
        rival=float("nan"),
        count=float("nan"),
        expected=float("nan"),
        ratio=float("nan"),
        low=float("nan"),
        high=float("nan"),
        radius_m=float("nan"),
        features=(),
        explained_by="",
        disproof=DISPROOF.get(key, OTHER_DISPROOF),
        check=CHECK.get(key, OTHER_CHECK),
    )
