from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "kalantar.web"
    label = "web"
