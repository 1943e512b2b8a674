from django.apps import AppConfig


class ProjectConfig(AppConfig):
    name = "kalantar.project"
    label = "project"
