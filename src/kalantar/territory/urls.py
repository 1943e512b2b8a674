"""Addresses of this room, below /area/."""

from django.urls import path

from . import views

app_name = "territory"
urlpatterns = [
    path("beats/", views.beats, name="beats"),
    path("beats/<int:pk>/", views.beat, name="beat"),
    path("beats/<int:pk>/officer/", views.name_officer, name="name_officer"),
    path("beats/<int:pk>/officer/end/", views.end_officer, name="end_officer"),
    path("boundaries/", views.boundaries, name="boundaries"),
    path("boundaries/areas/<int:pk>/confirm/", views.confirm_area, name="confirm_area"),
    path("boundaries/<uuid:uid>/", views.boundary_file, name="boundary_file"),
    path("boundaries/<uuid:uid>/reading/", views.read_otherwise, name="read_otherwise"),
    path("boundaries/<uuid:uid>/take/", views.take, name="take"),
    path("boundaries/<uuid:uid>/drop/", views.drop, name="drop"),
]
