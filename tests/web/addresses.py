"""A small site of the frame's own pages and of views that go wrong, for the tests of the frame."""

from types import SimpleNamespace

from django.urls import include, path

from kalantar.kernel.change import Overtaken, Refused
from kalantar.web.answer import answer, return_to, went


def broken(request):
    raise ValueError("deliberately broken")


def refused(request):
    raise Refused("not_your_post")


def overtaken(request):
    raise Overtaken(SimpleNamespace(pk=1, _meta=SimpleNamespace(label_lower="x.y")))


def told(request):
    return went("/frame/", told="done 1")


def frame(request):
    return answer(request, "web/base.html", title="frame")


def onward(request):
    return return_to(request, "/frame/")


urlpatterns = [
    path("", include("kalantar.web.urls")),
    path("people/", include("kalantar.people.urls")),
    path("broken/", broken),
    path("refused/", refused),
    path("overtaken/", overtaken),
    path("told/", told),
    path("frame/", frame),
    path("onward/", onward),
]
handler400 = "kalantar.web.views.bad_request"
handler403 = "kalantar.web.views.forbidden"
handler404 = "kalantar.web.views.not_found"
handler500 = "kalantar.web.views.server_error"
