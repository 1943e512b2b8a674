from importlib import import_module

from django.apps import AppConfig


class TerritoryConfig(AppConfig):
    name = "kalantar.territory"
    label = "territory"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from kalantar.kernel import retention

        from . import sentences
        from .keep import KEEP

        import_module(".jobs", __package__)  # registers what the clock does
        sentences.register()
        retention.register(**KEEP)
