"""The front door, Developers with the API reference, and the fragment of the workspace switcher."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from accounts.pages import PageRequest, workspace_page
from accounts.selectors import workspaces_of
from avatars.stock import stock_cast
from config import developers as examples
from config.reference import reference


@require_GET
def front_door(request: HttpRequest) -> HttpResponse:
    """`/`: the studio for who is signed in, one page that says what this is for everyone else."""
    if request.user.is_authenticated:
        return redirect("studio")
    return render(request, "landing.html", {"cast": stock_cast()})


@workspace_page("workspace:read")
@require_GET
def developers(request: PageRequest) -> HttpResponse:
    """The first call and the embed code, with this installation's address."""
    access = request.access
    context = {
        "calls": examples.calls(settings.BASE_URL, stock_cast()[0].id),
        "embeds": examples.embeds(settings.BASE_URL),
        "turns": examples.turns(settings.BASE_URL),
        "can_see_keys": access.allows("keys:read"),
        "can_set_origins": access.allows("workspace:write"),
    }
    return render(request, "developers/page.html", context)


@workspace_page("workspace:read")
@require_GET
def api_reference(request: PageRequest) -> HttpResponse:
    """Every call of the REST API, as this installation describes it."""
    return render(request, "developers/reference.html", {"groups": reference()})


@login_required
@require_GET
def workspace_menu(request: PageRequest) -> HttpResponse:
    """The workspaces of the signed-in person; runs outside of a scope because they span workspaces."""
    return render(request, "components/workspaces.html", {"workspaces": workspaces_of(request.user)})
