"""Which address opens which room."""

from django.urls import include, path

urlpatterns = [
    path("", include("kalantar.overview.urls")),
    path("", include("kalantar.web.urls")),
    path("people/", include("kalantar.people.urls")),
    path("area/", include("kalantar.territory.urls")),
    path("incidents/", include("kalantar.incidents.urls")),
]
handler400 = "kalantar.web.views.bad_request"
handler403 = "kalantar.web.views.forbidden"
handler404 = "kalantar.web.views.not_found"
handler500 = "kalantar.web.views.server_error"
