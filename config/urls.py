"""Every address of the product."""

from __future__ import annotations

from csp.decorators import csp_update
from django.conf import settings
from django.urls import include, path, re_path
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from accounts.operator import site as operator
from accounts.rest.problems import json_404
from config import health

API = ("accounts.api_urls", "avatars.api_urls", "sessions.api_urls", "quotas.rest.urls", "streaming.videos.urls")
PAGES = ("accounts.urls", "avatars.urls", "sessions.urls", "quotas.page_urls", "config.page_urls")

# Swagger UI sets styles from its script; nothing else of ours does.
swagger_ui = csp_update({"style-src": ["'unsafe-inline'"]})(SpectacularSwaggerSplitView.as_view(url_name="openapi"))

urlpatterns = [
    *(path("api/v1/", include(module)) for module in API),
    path("api/v1/openapi.yaml", SpectacularAPIView.as_view(), name="openapi"),
    path("api/docs", swagger_ui, name="api_docs"),
    re_path(r"^api/", csrf_exempt(json_404)),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("accounts/", include("allauth.urls")),
    path(settings.ADMIN_PATH, operator.urls),
    *(path("", include(module)) for module in PAGES),
]

handler400 = "accounts.handlers.bad_request"
handler403 = "accounts.handlers.permission_denied"
handler404 = "accounts.handlers.page_not_found"
handler500 = "accounts.handlers.server_error"
