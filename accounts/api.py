"""REST: who am I, API keys, audit trail."""

from __future__ import annotations

from uuid import UUID

from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.core.exceptions import ReauthenticationRequired
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors
from accounts.errors import Forbidden
from accounts.rest.documents import paged, problems
from accounts.rest.throttling import rate_limit_state
from accounts.rest.views import WorkspaceView
from accounts.scopes import ANY
from accounts.serializers import AuditEntryOut, CreatedKeyOut, KeyIn, KeyOut, MeOut
from accounts.services.keys import key_create, key_revoke


class MeView(WorkspaceView):
    """What the caller's credentials are good for."""

    scopes = {"GET": ANY}

    @extend_schema(operation_id="getMe", tags=["Access"], responses={200: MeOut, **problems(401, 429)})
    def get(self, request: Request) -> Response:
        """The workspace, the scopes and the rate limit of the key or person that asks."""
        access = self.access
        caller = {
            "kind": "key" if access.api_key_id else "person",
            "id": access.api_key_id or (access.user.pk if access.user else None),
            "role": access.role,
            "email": access.user.email if access.user else None,
        }
        workspace = {"id": access.workspace_id, "name": access.workspace_name}
        body = {
            "workspace": workspace,
            "caller": caller,
            "scopes": sorted(access.scopes),
            "rate_limit": rate_limit_state(request),
        }
        return Response(MeOut(body).data)


class KeysView(WorkspaceView):
    """The workspace's API keys. People manage them; keys can't."""

    scopes = {"GET": "keys:read", "POST": "keys:write"}

    @extend_schema(operation_id="listKeys", tags=["Access"], responses={200: paged(KeyOut), **problems(401, 403, 429)})
    def get(self, request: Request) -> Response:
        """Keys that have not been revoked, newest first."""
        return self.page(selectors.keys(), KeyOut)

    @extend_schema(
        operation_id="createKey", tags=["Access"], request=KeyIn, responses={201: CreatedKeyOut, **problems(400, 401, 403)}
    )
    def post(self, request: Request) -> Response:
        """Make a key; the answer holds its secret, once. Takes no Idempotency-Key: answers to those are stored."""
        _require_fresh_sign_in(request)
        given = KeyIn(data=request.data)
        given.is_valid(raise_exception=True)
        created = key_create(by=self.access, **given.validated_data)
        return Response({**KeyOut(created.key).data, "secret": created.text}, status=201)


class KeyView(WorkspaceView):
    """One API key."""

    scopes = {"DELETE": "keys:write"}

    @extend_schema(operation_id="revokeKey", tags=["Access"], responses={204: None, **problems(401, 403, 404)})
    def delete(self, request: Request, key_id: UUID) -> Response:
        """Revoke the key, at once and for good."""
        key_revoke(by=self.access, key_id=key_id)
        return Response(status=204)


class AuditView(WorkspaceView):
    """The audit trail."""

    scopes = {"GET": "audit:read"}

    @extend_schema(operation_id="listAuditEntries", tags=["Access"], responses={200: paged(AuditEntryOut), **problems(401, 403)})
    def get(self, request: Request) -> Response:
        """Who did what, newest first."""
        return self.page(selectors.audit_entries(), AuditEntryOut)


def _require_fresh_sign_in(request: Request) -> None:
    try:
        raise_if_reauthentication_required(request._request, app="")
    except ReauthenticationRequired as error:
        hint = f"Confirm who you are at {reverse('account_reauthenticate')}, then try again."
        detail = "Making a key takes a fresh confirmation of who you are."
        raise Forbidden(detail, code="reauthentication_required", hint=hint) from error
