"""Per request: an id and an actor for logs and audit; the signed-in person's access to the chosen workspace."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from accounts.access import Access, access_of_user
from accounts.addresses import client_ip
from accounts.context import request_id_of, set_actor

WORKSPACE_SESSION_KEY = "workspace_id"
Handler = Callable[[HttpRequest], HttpResponse]


class RequestContextMiddleware:
    """Takes or makes X-Request-ID, returns it, and tells audit and logs. Outermost, so that every answer carries it."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = request_id_of(request.headers.get("X-Request-ID", ""))
        set_actor(request_id=request_id, ip=client_ip(request), user_id=None, api_key_id=None)
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response


class PermissionsPolicyMiddleware:
    """Says what a page may ask of the browser (settings.PERMISSIONS_POLICY), on every answer."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        return response


class AccessMiddleware:
    """`request.access`: what the signed-in person may do in the workspace they have chosen; falsy without one."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.access = SimpleLazyObject(lambda: page_access(request))  # type: ignore[attr-defined]
        if request.user.is_authenticated:
            set_actor(user_id=request.user.pk)
        return self.get_response(request)


def page_access(request: HttpRequest) -> Access | None:
    """Access of the signed-in person to the workspace kept in their login session."""
    # DRF's own views put None where Django has an AnonymousUser.
    if request.user is None or not request.user.is_authenticated:
        return None
    chosen = request.session.get(WORKSPACE_SESSION_KEY)
    return access_of_user(request.user, UUID(chosen) if chosen else None)
