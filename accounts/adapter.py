"""allauth's point of extension: the first sign-in makes a workspace, and addresses are trusted as everywhere else."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from accounts.addresses import client_ip
from accounts.context import set_actor
from accounts.models import User
from accounts.services.workspaces import workspace_ensure


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Our defaults."""

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        set_actor(user_id=user.pk)
        workspace_ensure(user=user)
        return super().post_login(request, user, **kwargs)  # type: ignore[no-any-return]

    def get_client_ip(self, request: HttpRequest) -> str:
        """The same address that audit and rate limits use; raises PermissionDenied when there is none."""
        address = client_ip(request)
        if address is None:
            raise PermissionDenied("The address of the client is unknown.")
        return address
