"""The base of every API view: inside the caller's workspace, in one transaction, strangers see nothing."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.rest.pagination import TimePagination
from accounts.rest.throttling import rate_limit_headers
from accounts.tenancy import workspace_scope


class WorkspaceView(APIView):
    """Opens the workspace scope after authentication. Subclasses set `scopes` (method → scope) and write handlers.

    `initial` and `dispatch` are the walls: subclasses may not replace them.
    """

    scopes: ClassVar[Mapping[str, str]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        forbidden = {"initial", "dispatch", "get_permissions", "get_authenticators"} & set(vars(cls))
        if forbidden:
            raise TypeError(f"{cls.__name__} may not override {sorted(forbidden)}")

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        with ExitStack() as self._scope:
            response = super().dispatch(request, *args, **kwargs)
            for name, value in rate_limit_headers(request).items():
                response[name] = value
            return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.auth is not None:
            self._scope.enter_context(workspace_scope(request.auth.workspace_id))

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
