"""Every address of the product."""

from __future__ import annotations

from importlib.util import find_spec

from django.urls import include, path, re_path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView

from accounts.rest.problems import json_404
from config import health

API = ("accounts.api_urls", "avatars.api_urls", "sessions.api_urls", "quotas.urls")
PAGES = ("accounts.urls", "avatars.urls", "sessions.urls", "quotas.page_urls", "config.page_urls")

urlpatterns = [
    *(path("api/v1/", include(module)) for module in API if find_spec(module)),
    path("api/v1/openapi.yaml", SpectacularAPIView.as_view(), name="openapi"),
    path("api/docs", RedirectView.as_view(pattern_name="api_reference"), name="api_docs"),
    re_path(r"^api/", json_404),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("accounts/", include("allauth.urls")),
    *(path("", include(module)) for module in PAGES if find_spec(module)),
]

handler400 = "accounts.handlers.bad_request"
handler403 = "accounts.handlers.permission_denied"
handler404 = "accounts.handlers.page_not_found"
handler500 = "accounts.handlers.server_error"
