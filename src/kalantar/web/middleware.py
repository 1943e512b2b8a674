"""Headers on every response, errors and files included; and refusals turned into pages."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_vary_headers

from . import answer

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(self), payment=(), usb=(), browsing-topics=()",
}


class SecurityHeaders:
    """First in the list, so that nothing leaves without them. Each request gets a number an error page can tell."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.number = "K" + secrets.token_hex(4).upper()  # a letter, so that every page writes it in the same digits
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers[name] = value
        response.headers["X-Request-Id"] = request.number
        # A page is the station's; only files under a fingerprinted name may be kept by a browser.
        if "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "no-store"
        if response.headers.get("Content-Type", "").startswith("text/html"):
            patch_vary_headers(response, ("Cookie",))
        return response


class NotTooLarge:
    """Refuse a body by the length it announces, before any of it is written to the disk: a visitor sends a form, a
    colleague at most a province's file. Stands before whatever reads the form token."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        announced = request.META.get("CONTENT_LENGTH") or "0"
        most = settings.BODY_MOST if SESSION_KEY in request.session else settings.VISITOR_BODY_MOST
        if not announced.isdecimal() or int(announced[:20]) > most:
            return render(request, "400.html", {"error_number": request.number}, status=413)
        return self.get_response(request)


class ChosenLanguage:
    """Persian first; English for whoever chose it in this browser. The browser's own wish is not asked."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        request.LANGUAGE_CODE = chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        with translation.override(request.LANGUAGE_CODE):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", request.LANGUAGE_CODE)
        return response


class SayWhy:
    """Refused is 422 and overtaken 409, each with its sentence, whichever view they come from."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if getattr(request, "said", False) and answer.SAID_COOKIE not in response.cookies:
            response.delete_cookie(answer.SAID_COOKIE, samesite="Lax")
        return response

    def process_exception(self, request, exception):
        return answer.refusal(request, exception)
