from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OverviewConfig(AppConfig):
    name = "kalantar.overview"
    label = "overview"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from kalantar.kernel import retention
        from kalantar.kernel.retention import Keep
        from kalantar.web.messages import SENTENCES

        from . import jobs

        retention.register(
            overview_morningbrief=Keep("staff", None, "what a chief had read and signed", "the signer's id")
        )
        SENTENCES.register(
            {
                "brief_signed_already": _("This morning's brief is signed already. Nothing was changed."),
                "brief_only_today": _("Only today's brief can be signed. Nothing was changed. Open today's page."),
            }
        )
        jobs.ready()
