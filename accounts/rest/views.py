"""The base of every API view: inside the caller's workspace, in one transaction, strangers see nothing."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import Access
from accounts.errors import Problem
from accounts.rest.authentication import access_of
from accounts.rest.idempotency import forget
from accounts.rest.pagination import TimePagination
from accounts.rest.throttling import rate_limit_headers
from accounts.tenancy import workspace_scope

_METHODS = ("get", "post", "put", "patch", "delete")
_WALLS = frozenset(
    {
        "initial",
        "dispatch",
        "check_permissions",
        "check_throttles",
        "get_permissions",
        "get_authenticators",
        "perform_authentication",
    }
)


class WorkspaceView(APIView):
    """Opens the workspace scope after authentication. Subclasses set `scopes` (method → scope) and write handlers.

    Order: who (401), how often (429), may they (403), then the scope. The walls can't be replaced by subclasses, and a
    handler without a scope is an error when the class is made. A view that works for seconds sets `holds_scope` to False:
    the scope is a transaction, so it opens short ones of its own.
    """

    scopes: ClassVar[Mapping[str, str]] = {}
    holds_scope: ClassVar[bool] = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if forbidden := _WALLS & vars(cls).keys():
            raise TypeError(f"{cls.__name__} may not override {sorted(forbidden)}")
        if missing := {name.upper() for name in _METHODS if hasattr(cls, name)} - cls.scopes.keys():
            raise TypeError(f"{cls.__name__} names no scope for {sorted(missing)}")

    @property
    def access(self) -> Access:
        """What the caller may do; only handlers ask, and they run after authentication."""
        access = access_of(self.request)
        assert access is not None
        return access

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            with ExitStack() as self._scope:
                response = super().dispatch(request, *args, **kwargs)
        except Problem as problem:  # what was to follow the commit failed: the transaction stands, its answer does not
            forget(self.request, self.access.workspace_id)
            response = self.finalize_response(self.request, self.handle_exception(problem), *args, **kwargs)
        for name, value in rate_limit_headers(request).items():
            response[name] = value
        return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.holds_scope:
            self._scope.enter_context(workspace_scope(self.access.workspace_id))

    def check_permissions(self, request: Request) -> None:
        """Count first: a caller without the right scope can't ask any faster than others."""
        super().check_throttles(request)
        super().check_permissions(request)

    def check_throttles(self, request: Request) -> None:
        """Done already, by check_permissions."""

    def handle_exception(self, exc: Exception) -> Response:
        self._undo(exc)
        return super().handle_exception(exc)

    def _undo(self, error: Exception) -> None:
        """Leave the scope as by the exception itself, so that its transaction rolls back before the answer is made."""
        self._scope.__exit__(type(error), error, error.__traceback__)

    def page(self, rows: Any, serializer: Any) -> Response:
        """Answer one page of `rows`, each shaped by `serializer`."""
        paginator = TimePagination()
        return paginator.get_paginated_response(serializer(paginator.paginate_queryset(rows, self.request, self), many=True).data)
