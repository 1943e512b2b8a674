"""One's own page: posts, password, PIN, second factor."""

from __future__ import annotations

from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kalantar.kernel.change import Refused
from kalantar.web.answer import answer, refuse, unseen, went

from .. import forms, queries, sessions, sure, verbs


@require_safe
def account(request):
    """My posts with their dates, and how I sign in."""
    officer = request.actor.officer
    return answer(
        request,
        "people/account.html",
        officer=officer,
        posts=queries.own_posts(request.actor),
        today={post.pk for post in request.actor.posts()},
        has_second_factor=officer.has_second_factor(),
    )


@sensitive_post_parameters("old", "new", "again")
@require_http_methods(["GET", "POST"])
def password(request):
    """A new password; every other session of mine ends."""
    form, status = forms.ChangePasswordForm(request.POST if request.method == "POST" else None), 200
    if request.method == "POST" and form.is_valid():
        try:
            officer = verbs.change_password(
                by=request.actor, old=form.cleaned_data["old"], new=form.cleaned_data["new"]
            )
            update_session_auth_hash(request, officer)
            sessions.prove(request.session)
            return went(reverse("people:account"), _("Your password was changed. Other devices were signed out."))
        except Refused as no:
            status = refuse(form, no)
    elif form.errors:
        status = 422
    return answer(request, "people/password.html", status=status, form=form)


@sensitive_post_parameters("pin")
@require_http_methods(["GET", "POST"])
@sure.again
def pin(request):
    """The six digits that open my locked desk."""
    form, status = forms.PinForm(request.POST if request.method == "POST" else None), 200
    if request.method == "POST" and form.is_valid():
        try:
            verbs.set_pin(form.cleaned_data["pin"], by=request.actor)
            return went(reverse("people:account"), _("Your PIN is set."))
        except Refused as no:
            status = refuse(form, no)
    elif form.errors:
        status = 422
    return answer(request, "people/pin.html", status=status, form=form)


@require_http_methods(["GET", "POST"])
@sure.again
def set_up_second_factor(request):
    """The picture for the device, and the code it then shows."""
    form, status = forms.DeviceCodeForm(request.POST if request.method == "POST" else None), 200
    if request.method == "POST" and form.is_valid():
        try:
            verbs.confirm_totp(form.cleaned_data["code"], by=request.actor)
            sessions.used(request.session, "totp")
            return went(reverse("people:account"), _("The second factor is set. It is asked at every sign-in."))
        except Refused as no:
            status = refuse(form, no)
    elif form.errors:
        status = 422
    secret = verbs.secret_being_set_up(request.actor.officer)
    return answer(
        request,
        "people/second_factor_set_up.html",
        status=status,
        form=form,
        secret=secret,
        secret_shown=" ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
    )


@require_POST
@sure.again
def begin_second_factor(request):
    """A new secret; the old one stays valid until the new one is confirmed."""
    verbs.set_up_totp(by=request.actor)
    return HttpResponseRedirect(reverse("people:set_up_second_factor"))


@require_safe
def second_factor_picture(request):
    """The secret as a picture for the device's camera, while it waits to be confirmed."""
    picture = verbs.picture_being_set_up(request.actor.officer) if sessions.is_sure(request.session) else b""
    if not picture:
        raise unseen()
    return HttpResponse(picture, content_type="image/svg+xml")


@require_http_methods(["GET", "POST"])
@sure.again
def code_card(request):
    """Ten codes on paper, shown this once."""
    if request.method == "GET":
        return answer(request, "people/card_ask.html", has_card=request.actor.officer.card_codes.exists())
    codes = verbs.print_code_card(by=request.actor)
    sessions.used(request.session, "card")
    return answer(request, "people/card.html", codes=[(n, f"{code[:4]} {code[4:]}") for n, code in enumerate(codes, 1)])
