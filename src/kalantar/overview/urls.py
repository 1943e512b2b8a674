"""Addresses of the pages over several rooms."""

from django.urls import path

from . import views

app_name = "overview"
urlpatterns = [
    path("", views.morning, name="morning"),
    path("today/<str:code>/", views.station_morning, name="station_morning"),
    path("today/<str:code>/wall/", views.wall, name="wall"),
    path("today/<str:code>/paper/", views.paper, name="paper"),
    path("today/<str:code>/sign/", views.sign, name="sign"),
    path("findings/<int:pk>/", views.finding, name="finding"),
    path("area/", views.my_area, name="my_area"),
    path("area/of/<str:code>/", views.area, name="area"),
    path("area/of/<str:code>/beat/<str:beat>/", views.beat, name="beat"),
]
