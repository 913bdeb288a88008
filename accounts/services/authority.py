"""Nobody gives or takes what they don't have themselves."""

from __future__ import annotations

from collections.abc import Iterable

from accounts.access import Access
from accounts.errors import Forbidden, Invalid
from accounts.models import Role
from accounts.scopes import ROLE_SCOPES


def require(by: Access, scope: str) -> None:
    """Raise Forbidden unless `by` holds `scope`."""
    if not by.allows(scope):
        raise Forbidden(f"This needs the scope {scope}.", hint="Ask an admin of the workspace.", scope=scope)


def require_all(by: Access, scopes: Iterable[str]) -> None:
    """Raise Forbidden unless `by` holds every one of `scopes`."""
    for scope in sorted(scopes):
        require(by, scope)


def require_role(by: Access, role: str) -> None:
    """Raise Forbidden unless `by` can do everything that `role` can; Invalid for what is no role."""
    if role not in Role.values:
        raise Invalid(f"A role is one of {', '.join(Role.values)}.", code="bad_role")
    if not ROLE_SCOPES[Role(role)] <= by.scopes:
        raise Forbidden(f"Only a person who can do all that the role {role} can may give or take it.", code="role_too_high")
