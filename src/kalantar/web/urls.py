from django.urls import path

from . import views

app_name = "web"
urlpatterns = [
    path("language/", views.language, name="language"),
    path("theme/", views.theme, name="theme"),
    path("number/", views.by_number, name="find"),
    path("look/", views.look, name="look"),
]
