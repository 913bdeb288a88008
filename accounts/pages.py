"""The door of every dashboard page: signed in, in a workspace, with the scope that the page needs."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.access import Access
from accounts.errors import Problem
from accounts.models import User
from accounts.tenancy import workspace_scope

View = Callable[..., HttpResponse]


class PageRequest(HttpRequest):
    """A request behind the door: somebody is signed in. For annotations; Django makes the instances."""

    access: Access
    user: User


def workspace_page(scope: str) -> Callable[[View], View]:
    """Run the view inside the signed-in person's workspace; 403 without `scope`, to onboarding without a workspace.

    A Problem that the view raises undoes its writes and is shown with its status.
    """

    def decorate(view: View) -> View:
        @login_required
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            access = request.access  # type: ignore[attr-defined]
            if not access:
                return redirect("workspace_new")
            if not access.allows(scope):
                raise PermissionDenied(f"This page needs the scope {scope}.")
            try:
                with workspace_scope(access.workspace_id):
                    return view(request, *args, **kwargs)
            except Problem as problem:
                return problem_page(request, problem)

        return guarded

    return decorate


def problem_page(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The page that says what went wrong and what to do."""
    came_from = request.headers.get("Referer", "")
    back = came_from if url_has_allowed_host_and_scheme(came_from, {request.get_host()}, request.is_secure()) else "/"
    return render(request, "accounts/problem.html", {"problem": problem, "back": back}, status=problem.status)


def carried_out(form: forms.Form, act: Callable[..., Any]) -> bool:
    """Call `act` with the form's values; a Problem becomes the form's error. True when it was done."""
    if not form.is_valid():
        return False
    try:
        act(**form.cleaned_data)
    except Problem as problem:
        form.add_error(None, problem.detail)
        return False
    return True
