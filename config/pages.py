"""What every page of the dashboard shows around its content: navigation, and how much of the plan is used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

from accounts.access import Access
from accounts.tenancy import workspace_scope
from quotas.figures import tone
from quotas.metrics import Metric
from quotas.pages.banners import banners
from quotas.selectors import usage_of
from quotas.templatetags.units import amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One link of the navigation."""

    label: str
    icon: str
    url: str
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """Avatar time of the period: what the ring at the foot of the rail shows. `limit_ms` 0: without limit."""

    used_ms: int
    limit_ms: int
    percent: float
    used: str
    of: str
    tone: str
    url: str


# Name of the URL, label, icon, and the scope without which nobody is shown the way. The first four are the phone's bar.
ENTRIES = (
    ("studio", "Studio", "drama", "sessions:read"),
    ("avatars", "Avatars", "users-round", "avatars:read"),
    ("sessions", "Sessions", "history", "sessions:read"),
    ("usage", "Usage", "gauge", "usage:read"),
    ("videos", "Videos", "clapperboard", "sessions:read"),
    ("voices", "Voices", "audio-lines", "avatars:read"),
    ("billing", "Billing", "credit-card", "billing:read"),
    ("developers", "Developers", "code", "workspace:read"),
    ("settings", "Settings", "settings", "workspace:read"),
)
_RAIL_ORDER = ("Studio", "Avatars", "Voices", "Sessions", "Videos", "Usage", "Billing", "Developers", "Settings")


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context of the frame; empty for the signed-out, evaluated only where a template shows it."""
    access = getattr(request, "access", None)
    if not access:
        return {"access": None}
    return {
        "access": access,
        "navigation": _lazy(lambda: navigation(request.path, access)),
        "rail_navigation": _lazy(lambda: in_rail_order(navigation(request.path, access))),
        "banners": _lazy(lambda: banners(access)),
        "ring": _lazy(lambda: ring(access)),
    }


def _lazy(value: Callable[[], Any]) -> Any:
    return SimpleLazyObject(value)


def navigation(path: str, access: Access) -> list[Entry]:
    """The pages that exist and are open to `access`, the one at `path` marked (a page below it counts too)."""
    found = [(_url(name), label, icon) for name, label, icon, scope in ENTRIES if access.allows(scope)]
    return [
        Entry(label=label, icon=icon, url=url, current=path == url or path.startswith(f"{url.rstrip('/')}/"))
        for url, label, icon in found
        if url
    ]


def in_rail_order(entries: list[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: _RAIL_ORDER.index(entry.label))


def ring(access: Access) -> Ring:
    """Avatar time used of the plan's, now."""
    with workspace_scope(access.workspace_id):
        usage = usage_of(Metric.AVATAR_MS)
    percent = min(100.0, round(100 * usage.used / usage.limit, 2)) if usage.limit else 0.0
    return Ring(
        used_ms=usage.used,
        limit_ms=usage.limit or 0,
        percent=percent,
        used=amount(usage.used, usage.unit),
        of="avatar time used" if usage.limit is None else f"of {amount(usage.limit, usage.unit)} used",
        tone=tone(percent),
        url=_url("usage"),
    )


def _url(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
