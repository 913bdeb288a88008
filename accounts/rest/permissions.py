"""Every view names the scope that each method needs; a method without one is refused."""

from typing import Any

from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.errors import Forbidden
from accounts.rest.authentication import access_of
from accounts.scopes import ANY


class HasScope(BasePermission):
    """Checks `view.scopes[method]` against the caller's access; HEAD needs what GET needs."""

    def has_permission(self, request: Request, view: Any) -> bool:
        access = access_of(request)
        if access is None:
            return False
        method = request.method or ""
        if method not in view.allowed_methods:
            raise MethodNotAllowed(method)
        needed = view.scopes.get("GET" if method == "HEAD" else method)
        if needed is None:
            return method == "OPTIONS"
        if needed != ANY and not access.allows(needed):
            raise Forbidden(f"This needs the scope {needed}.", hint="Use a key with that scope or ask an admin.", scope=needed)
        return True
