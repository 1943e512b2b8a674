"""The frame's own pages: language, theme, search by number, help and the error pages."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import check_for_language
from django.views.decorators.http import require_POST, require_safe

from kalantar.persian import digits

from . import find, gallery
from .answer import answer, return_to
from .context import THEME_COOKIE, THEMES
from .messages import SENTENCES

YEAR_S = 365 * 24 * 3600


def _keep(response, name: str, value: str, request):
    response.set_cookie(name, value, max_age=YEAR_S, samesite="Lax", secure=request.is_secure(), httponly=True)
    return response


@require_POST
def language(request):
    """Persian or English, kept in this browser."""
    chosen = request.POST.get("language", "")
    response = return_to(request)
    if chosen in dict(settings.LANGUAGES) and check_for_language(chosen):
        _keep(response, settings.LANGUAGE_COOKIE_NAME, chosen, request)
    return response


@require_POST
def theme(request):
    """Light, dark, or as the device has it; kept in this browser."""
    chosen = request.POST.get("theme", "")
    response = return_to(request)
    if chosen in THEMES:
        _keep(response, THEME_COOKIE, chosen, request)
    return response


@require_safe
def by_number(request):
    """The thing with this number. What is not there and what is not theirs get the same page."""
    typed = request.GET.get("number", "").strip()[:60]
    text = digits.to_latin(typed).replace(" ", "")
    address = find.address(request.actor, text) if text else None
    if address:
        return HttpResponseRedirect(address)
    return answer(
        request,
        "web/find.html",
        status=404 if text else 200,
        typed=typed,
        sentence=SENTENCES.say("number_not_found") if text else "",
    )


@require_safe
def look(request):
    """Every page part on one page, for looking; only where nothing is real."""
    if settings.PROFILE not in {"demo", "test"}:
        raise Http404
    return answer(request, "web/look.html", **gallery.parts(request))


def bad_request(request, exception=None):
    return _error(request, "400.html", 400)


def forbidden(request, exception=None):
    return _error(request, "403.html", 403)


def csrf_failure(request, reason=""):
    return _error(request, "403_csrf.html", 403)


def not_found(request, exception=None):
    return _error(request, "404.html", 404)


def server_error(request):
    """Made without the database, which may be the very thing that failed."""
    return HttpResponse(render_to_string("500.html", {"error_number": getattr(request, "number", "")}), status=500)


def _error(request, template, status):
    return render(request, template, {"error_number": getattr(request, "number", "")}, status=status)
