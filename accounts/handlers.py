"""What Django answers when no view could: a problem below /api/, a page elsewhere."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views import defaults

from accounts.rest.problems import is_api, json_400, json_403, json_404, json_500


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return json_400(request, exception) if is_api(request) else defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return json_403(request, exception) if is_api(request) else defaults.permission_denied(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return json_404(request, exception) if is_api(request) else defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    return json_500(request) if is_api(request) else defaults.server_error(request)
