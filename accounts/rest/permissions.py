"""Every view names the scope that each method needs; a method without one is refused."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.errors import Forbidden


class HasScope(BasePermission):
    """Checks `view.scopes[method]` against the caller's access."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if request.auth is None:
            return False
        needed = view.scopes.get(request.method or "")
        if needed is None:
            return request.method == "OPTIONS"
        if not request.auth.allows(needed):
            raise Forbidden(f"This needs the scope {needed}.", hint="Use a key with that scope or ask an admin.", scope=needed)
        return True
