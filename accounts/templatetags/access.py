"""What templates ask about the person they are shown to."""

from __future__ import annotations

from django import template

from accounts.access import Access
from accounts.scopes import SCOPE_LABELS

register = template.Library()


@register.filter
def may(access: Access, scope: str) -> bool:
    """Whether the person has `scope` in the chosen workspace."""
    return bool(access) and access.allows(scope)


@register.filter
def scope_label(scope: str) -> str:
    """The scope in words."""
    return SCOPE_LABELS.get(scope, scope)
