"""What every page's frame shows: where I am, what day it is, who I am. At most two SQL statements: the inbox
count, and the units of this person's posts, which most pages have asked already."""

from __future__ import annotations

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject, cached_property
from django.utils.translation import get_language_bidi, gettext

from kalantar.kernel import clock, installation, outbox

from . import places, words
from .answer import said

THEMES = ("auto", "light", "dark")
THEME_COOKIE = "kalantar_theme"
INBOX_LIMIT = 99
# Addresses of the ground's pages; an entry is shown only where its page exists.
PAGES = {
    "home": "overview:morning",
    "find": "web:find",
    "language_form": "web:language",
    "theme_form": "web:theme",
    "inbox": "people:inbox",
    "sign_in": "people:sign_in",
    "sign_out": "people:sign_out",
    "lock": "people:lock",
    "password": "people:password",
    "account": "people:account",
    "help": "web:help",
}


class Shell:
    """The frame of one page, worked out only as far as the template asks."""

    def __init__(self, request):
        self.request = request

    @property
    def language(self) -> str:
        return words.language()

    @property
    def dir(self) -> str:
        return "rtl" if get_language_bidi() else "ltr"

    @cached_property
    def theme(self) -> str:
        chosen = self.request.COOKIES.get(THEME_COOKIE, "auto")
        return chosen if chosen in THEMES else "auto"

    @cached_property
    def urls(self) -> dict[str, str]:
        return {key: address for key, name in PAGES.items() if (address := _address(name))}

    @cached_property
    def installation(self):
        try:
            return installation.current()
        except installation.NotInstalled:
            return None

    @cached_property
    def province(self) -> str:
        """The installation's own name, as it heads a paper."""
        return _named(self.installation) if self.installation else ""

    @cached_property
    def tag(self) -> str:
        """What a demonstration says about itself on every page."""
        if not self.installation or not self.installation.is_demo:
            return ""
        if getattr(settings, "KALANTAR_DEMO_DATA", "real") == "simulated":
            return gettext("Simulated data")
        return gettext("Demonstration · real data, %(name)s") % {"name": _named(self.installation)}

    @property
    def today(self):
        return clock.today()

    @cached_property
    def locked(self) -> bool:
        """Is the desk locked? Then a page shows what it would show a visitor; only the lock itself says whose desk."""
        return getattr(self.request, "locked", False)

    @cached_property
    def whose(self):
        return getattr(getattr(self.request, "actor", None), "officer", None)

    @cached_property
    def officer(self):
        return None if self.locked else self.whose

    @cached_property
    def name(self) -> str:
        return _named(self.whose) if self.whose else ""

    @cached_property
    def station(self) -> str:
        home = getattr(getattr(self.request, "actor", None), "home_station", None)
        return _named(home or self.installation) if home or self.installation else ""

    @cached_property
    def post(self) -> str:
        """The person's post in a word; posts are already on the actor."""
        held = sorted(self.request.actor.roles(), key=_rank) if self.officer else []
        return words.word("role", held[0]) if held else ""

    @cached_property
    def unread(self) -> int:
        return (
            min(outbox.waiting(self.officer.pk).order_by()[: INBOX_LIMIT + 1].count(), INBOX_LIMIT)
            if self.officer
            else 0
        )

    @cached_property
    def places(self) -> list[dict]:
        """At most seven places this person's posts use: {url, icon, label, current, badge}."""
        return places.of(self.request) if self.officer else []

    @cached_property
    def said(self) -> str:
        """What the last step did, told once on the page after it."""
        return "" if self.locked else said(self.request)


def _rank(role) -> int:
    order = words.codes("role")
    top = ("province_commander", "station_chief", "duty_deputy")
    return top.index(str(role)) if str(role) in top else len(top) + order.index(str(role))


def _named(thing) -> str:
    english = getattr(thing, "name_en", "") if words.language() == "en" else ""
    return english or thing.name


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def page(request) -> dict:
    """The context processor: `shell`, and `places` for the rail."""
    frame = Shell(request)
    return {"shell": frame, "places": SimpleLazyObject(lambda: frame.places)}
