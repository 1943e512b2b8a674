"""Ways in and out: sign-in, second factor, invitation, desk lock."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kalantar.kernel import limits
from kalantar.kernel.change import Refused
from kalantar.web.answer import answer, back, refuse, unseen, went
from kalantar.web.messages import SENTENCES

from .. import forms, queries, rules, sessions, signing, verbs
from ..actors import OfficerActor


def wanted(request, default: str = "/") -> str:
    """The page somebody was on the way to, when it is ours."""
    address = request.POST.get("next") or request.GET.get("next") or ""
    return address if url_has_allowed_host_and_scheme(address, {request.get_host()}, request.is_secure()) else default


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request):
    """Name and password; then, for whoever has one, the second factor."""
    if request.actor.officer:
        return HttpResponseRedirect(wanted(request))
    form = forms.SignInForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        officer = signing.check(**form.cleaned_data, address=signing.address_of(request))
        if officer is None:
            status = refuse(form, Refused("sign_in_refused"))
        elif officer.has_second_factor():
            signing.wait_for_code(request, officer, wanted(request))
            return HttpResponseRedirect(reverse("people:second_factor"))
        elif not OfficerActor(officer).posts():
            status = refuse(form, Refused("no_post_today"))
        else:
            signing.enter(request, officer, factor="none")
            return HttpResponseRedirect(wanted(request))
    elif form.errors:
        status = 422
    return answer(request, "people/sign_in.html", status=status, form=form, next=wanted(request, ""))


@require_http_methods(["GET", "POST"])
def second_factor(request):
    """The code of the device, or one of the card."""
    if request.actor.officer:
        return HttpResponseRedirect("/")
    waiting = signing.pending(request)
    if waiting is None:
        return HttpResponseRedirect(reverse("people:sign_in"))
    officer, address = waiting
    form, status = forms.SecondFactorForm(request.POST if request.method == "POST" else None), 200
    if request.method == "POST" and form.is_valid():
        try:
            actor = OfficerActor(officer)
            factor = verbs.use_second_factor(form.cleaned_data["code"], by=actor)
            if not actor.posts():
                raise Refused("no_post_today")
            signing.enter(request, officer, factor=factor)
            return HttpResponseRedirect(address)
        except Refused as no:
            status = refuse(form, no)
    elif form.errors:
        status = 422
    return answer(request, "people/second_factor.html", status=status, form=form)


@require_http_methods(["GET", "POST"])
def join_code(request):
    """The code of an invitation, typed from paper."""
    form = forms.JoinCodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        return HttpResponseRedirect(reverse("people:join", args=[verbs.spelled(form.cleaned_data["code"]) or "0"]))
    return answer(request, "people/join_code.html", status=422 if form.errors else 200, form=form)


@sensitive_post_parameters("new", "again")
@require_http_methods(["GET", "POST"])
def join(request, token: str):
    """An invitation or a new start: choose a password, once."""
    within = limits.hit(f"join from {signing.address_of(request)}", limit=rules.INVITE_TRIES, per_s=rules.WINDOW_S)
    found = verbs.invite_of(token) if within else None
    if found is None:
        return answer(request, "people/join_dead.html", status=404, sentence=SENTENCES.say("link_is_dead"))
    form, status = forms.ChoosePasswordForm(request.POST if request.method == "POST" else None), 200
    if request.method == "POST" and form.is_valid():
        try:
            verbs.accept_invite(token, password=form.cleaned_data["new"])
            return went(reverse("people:sign_in"), _("Your password is set. Please sign in with it."))
        except Refused as no:
            no.details["field"] = "new"
            status = refuse(form, no)
    elif form.errors:
        status = 422
    return answer(
        request, "people/join.html", status=status, form=form, username=found.officer.username, purpose=found.purpose
    )


@require_POST
def sign_out(request):
    """Out: the session is gone from the server, not only from the browser."""
    verbs.sign_out(by=request.actor)
    request.session.flush()
    return HttpResponseRedirect(reverse("people:sign_in"))


@require_http_methods(["GET", "POST"])
def lock(request):
    """Lock the desk, or see the locked desk."""
    if request.method == "POST":
        if sessions.lock(request.session):
            verbs.lock(by=request.actor)
        return HttpResponseRedirect(f"{reverse('people:lock')}?{urlencode({'next': wanted(request, back(request))})}")
    if not request.session.get(sessions.LOCKED):
        return HttpResponseRedirect(wanted(request))
    return _locked(request, forms.UnlockForm(by_password=not request.actor.officer.pin))


def _locked(request, form, status: int = 200):
    return answer(
        request, "web/lock.html", status=status, form=form, action=reverse("people:unlock"), next=wanted(request, "")
    )


@sensitive_post_parameters("pin")
@require_POST
def unlock(request):
    """The PIN opens the desk; five wrong ones end the session."""
    form = forms.UnlockForm(request.POST, by_password=not request.actor.officer.pin)
    if not form.is_valid():
        return _locked(request, form, 422)
    try:
        verbs.unlock(form.cleaned_data["pin"], by=request.actor)
    except Refused as no:
        if no.key != "pin_tries_over":
            return _locked(request, form, refuse(form, no))
        verbs.sign_out(by=request.actor, why="pin")
        request.session.flush()
        return went(reverse("people:sign_in"), SENTENCES.say(no))
    sessions.unlock(request.session)
    return HttpResponseRedirect(wanted(request))


@require_safe
def kept(request):
    """A form that was sent while the desk was locked: send it now, or let it go."""
    page = request.GET.get("page", "")
    draft = queries.kept_draft(request.actor, verbs.page_key(page))
    if draft is None:
        raise unseen()
    address, content = verbs.read_draft(draft)
    return answer(request, "people/kept.html", address=address, fields=content.get("fields", []), at=draft.at)


@require_POST
def drop_kept(request):
    """It is not needed any more."""
    page = request.POST.get("page", "")
    verbs.drop_draft(page, by=request.actor)
    return went(wanted(request), _("The kept form was deleted."))
