"""A press that opens doors asks for the password once more: who finds an open desk is not its owner.

    @require_POST
    @sure.again
    def reset(request, pk): ...

For ten minutes after a sign-in, or after the last time it was asked, nothing is asked. Then the page asks first and holds
what was sent; with the right password the press goes on as if nothing had come between. A PIN, a code or a password is
never held: its page is opened anew, to be typed there.
"""

from __future__ import annotations

import functools

from django.http import HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters

from kalantar.kernel.change import Refused
from kalantar.web.answer import answer, back, refuse

from . import forms, sessions, verbs

HELD, NEXT = "sure_held", "next"  # was a form sent? and the page to go back to
OURS = frozenset({forms.SureForm.FIELD, HELD, NEXT, "csrfmiddlewaretoken"})
SECRETS = frozenset({"pin", "code", "old", "new", "again"})


def again(view):
    """Let the view be reached only by whoever has typed the password within the last ten minutes."""

    @sensitive_post_parameters(forms.SureForm.FIELD)
    @functools.wraps(view)
    def run(request, *args, **kwargs):
        typed = forms.SureForm.FIELD in request.POST
        if not typed:
            return view(request, *args, **kwargs) if sessions.is_sure(request.session) else _ask(request)
        form = forms.SureForm(request.POST)
        if not form.is_valid():
            return _ask(request, form, 422)
        try:
            verbs.prove(form.cleaned_data[forms.SureForm.FIELD], by=request.actor)
        except Refused as no:
            return _ask(request, form, refuse(form, no))
        sessions.prove(request.session)
        if HELD not in request.POST:
            return HttpResponseRedirect(request.get_full_path())
        request.POST = _sent(request)
        return view(request, *args, **kwargs)

    run.asks_again = True
    return run


def _sent(request):
    """The form as it was sent before the password was asked."""
    sent = request.POST.copy()
    for name in OURS & set(sent):
        del sent[name]
    return sent


def _ask(request, form=None, status: int = 403):
    sent = _sent(request)
    pressed = request.method == "POST" and (form is None or HELD in request.POST) and not SECRETS & set(sent)
    return answer(
        request,
        "people/sure.html",
        status=status,
        form=form or forms.SureForm(),
        held=[(name, value) for name, values in sent.lists() for value in values] if pressed else [],
        pressed=pressed,
        back=back(request, reverse("people:account")),
    )
