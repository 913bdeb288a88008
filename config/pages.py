"""What every page of the dashboard shows around its content: navigation, workspaces, usage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

from accounts.models import Membership, User, Workspace
from accounts.tenancy import unscoped


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One link of the navigation."""

    label: str
    icon: str
    url: str
    current: bool


# Name of the URL, label, icon. The first four are the phone's bar.
_ENTRIES = (
    ("studio", "Studio", "drama"),
    ("avatars", "Avatars", "users-round"),
    ("sessions", "Sessions", "history"),
    ("usage", "Usage", "gauge"),
    ("voices", "Voices", "audio-lines"),
    ("developers", "Developers", "code"),
    ("settings", "Settings", "settings"),
)


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context of the frame; empty for the signed-out, evaluated only where a template shows it."""
    access = getattr(request, "access", None)
    if not access:
        return {"access": None}
    return {
        "access": access,
        "navigation": _lazy(lambda: navigation(request.path)),
    }


def _lazy(value: Callable[[], Any]) -> Any:
    return SimpleLazyObject(value)


def navigation(path: str) -> list[Entry]:
    """The pages that exist, the one at `path` marked (a page below it counts too)."""
    found = [(_url(name), label, icon) for name, label, icon in _ENTRIES]
    return [
        Entry(label=label, icon=icon, url=url, current=path == url or path.startswith(f"{url.rstrip('/')}/"))
        for url, label, icon in found
        if url
    ]


def workspaces_of(user: User) -> list[Workspace]:
    """Every workspace that the person belongs to, by name."""
    with unscoped("a person's memberships span workspaces"):
        memberships = Membership.objects.filter(user=user).select_related("workspace")
        return sorted((one.workspace for one in memberships), key=lambda workspace: workspace.name.casefold())


def _url(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
