"""The door of every dashboard page: signed in, in a workspace, with the scope that the page needs."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.tenancy import workspace_scope

View = Callable[..., HttpResponse]


def workspace_page(scope: str) -> Callable[[View], View]:
    """Run the view inside the signed-in person's workspace; 403 without `scope`, to onboarding without a workspace."""

    def decorate(view: View) -> View:
        @login_required
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            access = request.access  # type: ignore[attr-defined]
            if not access:
                return redirect("workspace_new")
            if not access.allows(scope):
                raise PermissionDenied(f"This page needs the scope {scope}.")
            with workspace_scope(access.workspace_id):
                return view(request, *args, **kwargs)

        return guarded

    return decorate
