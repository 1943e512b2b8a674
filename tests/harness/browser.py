"""A real Chromium on the pages: `live`. No driver is downloaded; Debian's own browser is found in the path."""

from __future__ import annotations

import os
import shutil
from urllib.parse import urlsplit

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--disable-gpu-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--disable-sync",
    "--disable-default-apps",
)


def find() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


def flags() -> list[str]:
    """Chromium's sandbox refuses to run as root."""
    return [*QUIET, "--no-sandbox"] if os.geteuid() == 0 else list(QUIET)


@pytest.fixture(scope="session")
def chromium():
    path = find()
    if path is None:
        reason = "Chromium is missing: sudo apt-get install chromium"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    # Playwright's loop runs in this thread, so Django would take every query for an asynchronous one.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags())
        yield browser
        browser.close()


class Live:
    """One person's browser on the running pages. `page` is Playwright's own page."""

    def __init__(self, context, page, url: str):
        self.context, self.page, self.url = context, page, url
        self.strangers: list[str] = []
        self.troubles: list[str] = []
        context.route("**/*", self._only_here)
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("console", self._listen)

    def open(self, path: str, *, width: int | None = None, height: int = 900):
        """Go to a path of the site, in a window of this width, and give its page back."""
        if width:
            self.page.set_viewport_size({"width": width, "height": height})
        self.page.goto(self.url + path)
        return self.page

    def enter(self, client) -> None:
        """Take over the session of a signed-in Django test client."""
        self.context.add_cookies(
            [{"name": name, "value": cookie.value, "url": self.url} for name, cookie in client.cookies.items()]
        )

    def speak(self, language: str) -> None:
        self.context.add_cookies([{"name": "language", "value": language, "url": self.url}])

    def axe(self) -> None:
        """No accessibility fault on the page as it stands; the report names the rule and the element."""
        from axe_playwright_python.sync_playwright import Axe

        results = Axe().run(self.page)
        assert results.violations_count == 0, results.generate_report()

    def does_not_scroll_sideways(self) -> None:
        wide = self.page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{self.page.url} is {wide} px too wide"

    def _only_here(self, route) -> None:
        address = urlsplit(route.request.url)
        if address.scheme in {"data", "blob", "about"} or route.request.url.startswith(self.url + "/"):
            route.continue_()
        else:
            self.strangers.append(route.request.url)
            route.abort()

    def _listen(self, message) -> None:
        # A refused form answers 422, which Chromium reports as a failed resource: that is the page's own business.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.troubles.append(message.text)


@pytest.fixture
def live(chromium, live_server):
    """A fresh browser; after the test it must have met no other host, no script error and no breach of the CSP."""
    context = chromium.new_context(locale="fa-IR", viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(15_000)
    live = Live(context, context.new_page(), live_server.url)
    yield live
    strangers, troubles = live.strangers, live.troubles
    context.close()
    assert not strangers, f"the page asked other hosts: {strangers}"
    assert not troubles, f"the browser complained: {troubles}"
