from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    name = "kalantar.incidents"
    label = "incidents"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from kalantar.kernel import retention
        from kalantar.web import find

        from . import jobs, numbers, sentences
        from .keep import KEEP

        jobs.ready()
        sentences.register()
        retention.register(**KEEP)
        find.register(numbers.address)
