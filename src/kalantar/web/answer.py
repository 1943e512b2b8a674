"""The one way a view answers, and the one place where a refusal becomes a page."""

from __future__ import annotations

from django.conf import settings
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from kalantar.kernel.change import Overtaken, Refused

from .messages import SENTENCES


class Request(HttpRequest):
    """A request as it comes back to `SayWhy`."""

    said: bool  # the sentence left for this page was told; absent where none was asked for


STATUS = {Refused: 422, Overtaken: 409}


def answer(request: HttpRequest, template: str, *, status: int = 200, **context) -> HttpResponse:
    """A page. A form with errors comes back with what was typed and status 422."""
    return render(request, template, context, status=status)


def refuse(form, no: Refused | Overtaken) -> int:
    """Put a refusal above the form it answers, and give the status to answer with."""
    field = no.details.get("field") if isinstance(no, Refused) else None
    form.add_error(field if field in form.fields else None, SENTENCES.say(no))
    return STATUS[type(no)]


def refusal(request: HttpRequest, no: Exception) -> HttpResponse | None:
    """A refusal no view has caught, as a page of its own; None for anything else."""
    status = next((code for kind, code in STATUS.items() if isinstance(no, kind)), None)
    if status is None:
        return None
    return answer(request, "web/refused.html", status=status, sentence=SENTENCES.say(no), back=back(request))


def back(request: HttpRequest, default: str = "/") -> str:
    """The page a form was on, when it is ours."""
    for address in (request.POST.get("next"), request.headers.get("Referer")):
        if address and url_has_allowed_host_and_scheme(address, {request.get_host()}, request.is_secure()):
            return address
    return default


def return_to(request: HttpRequest, default: str = "/") -> HttpResponseRedirect:
    """After a POST: back to the page it came from."""
    return HttpResponseRedirect(back(request, default))


SAID_COOKIE = "said"


def went(url: str, told: str = "") -> HttpResponseRedirect:
    """After a POST that worked: on to a page, which tells once what was done."""
    response = HttpResponseRedirect(url)
    if told:
        response.set_cookie(
            SAID_COOKIE,
            signing.dumps(str(told), salt=SAID_COOKIE, compress=True),
            max_age=60,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
    return response


def said(request: Request) -> str:
    """The sentence left for this page; `SayWhy` takes it away with the answer."""
    kept = request.COOKIES.get(SAID_COOKIE, "")
    if not kept:
        return ""
    request.said = True
    try:
        return signing.loads(kept, salt=SAID_COOKIE, max_age=60)
    except signing.BadSignature:
        return ""


def unseen() -> Http404:
    """A row that is not there and a row of somebody else are the same answer."""
    return Http404()
