"""The door for the web server: DJANGO_SETTINGS_MODULE is set by the command line before this is imported."""

import gc

from django.core.wsgi import get_wsgi_application
from django.template.loader import get_template
from django.urls import reverse
from django.utils import translation

from kalantar.web import words


def warmed(application):
    """Load what every page needs before the first visitor comes, and let the collector never walk over it again.

    A full collection over all that was loaded holds a worker for some 80 ms, in the middle of somebody's page.
    """
    reverse("overview:morning")
    words.table()
    for language in ("en", "fa"):
        with translation.override(language):
            translation.gettext("Kalantar")
            get_template("web/base.html")
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    return application


application = warmed(get_wsgi_application())
