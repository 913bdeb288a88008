"""Who calls the REST API: an API key as bearer token, or a signed-in person on our own pages."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.models import AnonymousUser
from rest_framework.authentication import BaseAuthentication, CSRFCheck, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from accounts.access import Access, access_of_key
from accounts.context import set_actor
from accounts.rest.throttling import note_bad_key, refuse_guessers


def access_of(request: Request) -> Access | None:
    """What the authenticated caller may do; None for a caller without credentials."""
    return cast("Access | None", request.auth)


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer vv_live_…`. Addresses that send bad keys are slowed down before a key is looked at."""

    def authenticate(self, request: Request) -> tuple[Any, Access] | None:
        scheme, _, text = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        refuse_guessers(request)
        access = access_of_key(text.strip())
        if access is None:
            note_bad_key(request)
            raise AuthenticationFailed("The API key is unknown, revoked or expired.", code="invalid_key")
        set_actor(api_key_id=access.api_key_id, user_id=None)
        return AnonymousUser(), access

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="visavis"'


class PageAuthentication(BaseAuthentication):
    """The dashboard's own calls: the session cookie, with a CSRF token on writes."""

    def authenticate(self, request: Request) -> tuple[Any, Access] | None:
        access: Access | None = getattr(request._request, "access", None)
        if not access:  # a lazy object: absent access is falsy, never None itself
            return None
        check = CSRFCheck(lambda _: None)  # type: ignore[arg-type]
        check.process_request(request._request)
        if reason := check.process_view(request._request, None, (), {}):  # type: ignore[arg-type]
            raise PermissionDenied(f"CSRF check failed: {reason}", code="csrf")
        return access.user, access
