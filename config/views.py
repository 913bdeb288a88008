"""The front door, Developers, and the fragment of the workspace switcher."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from config.pages import workspaces_of


def front_door(request: HttpRequest) -> HttpResponse:
    """`/`: the studio for who is signed in, one page that says what this is for everyone else."""
    if request.user.is_authenticated:
        return redirect("studio")
    return render(request, "landing.html")


@login_required
def workspace_menu(request: HttpRequest) -> HttpResponse:
    """The workspaces of the signed-in person; runs outside of a scope because they span workspaces."""
    return render(request, "components/workspaces.html", {"workspaces": workspaces_of(request.user)})
