from django.apps import AppConfig


class ProjectConfig(AppConfig):
    name = "kalantar.project"
    label = "project"

    def ready(self):
        from kalantar.web import places

        from . import navigation, sentences

        sentences.register()
        places.use(navigation.places)
