"""`GET /healthz`, answered before anything else so that a broken session or template cannot hide a broken database."""

from __future__ import annotations

from django.db import DatabaseError, InterfaceError, connection
from django.http import JsonResponse

import kalantar
from kalantar.kernel import installation


class HealthMiddleware:
    """Answer `/healthz`: 200 when the database answers and is installed, 503 with the reason otherwise."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.path != "/healthz":
            return self.get_response(request)
        if request.method not in {"GET", "HEAD"}:
            return JsonResponse({"status": "refused", "reason": "method"}, status=405)
        try:
            installation.forget()
            installation.current()
        except installation.NotInstalled:
            return JsonResponse(
                {"status": "not ready", "reason": "not installed", "version": kalantar.__version__}, status=503
            )
        except (DatabaseError, InterfaceError) as fault:
            connection.close()
            return JsonResponse(
                {"status": "not ready", "reason": type(fault).__name__, "version": kalantar.__version__}, status=503
            )
        return JsonResponse({"status": "ok", "database": connection.vendor, "version": kalantar.__version__})
