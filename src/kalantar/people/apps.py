from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "kalantar.people"
    label = "people"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from kalantar.web.messages import SENTENCES

        from . import jobs  # noqa: F401 - its import registers the jobs
        from .messages import REFUSALS

        SENTENCES.register(REFUSALS)
