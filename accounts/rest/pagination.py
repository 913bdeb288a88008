"""Cursor pagination: newest first, stable, no totals; `next` and `previous` also as a Link header."""

from __future__ import annotations

from typing import Any

from django.utils.dateparse import parse_datetime
from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.errors import Invalid


class TimePagination(CursorPagination):
    """`?cursor=…&limit=…`, 50 a page, 200 at most."""

    ordering = ("-created_at", "-id")
    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200

    def decode_cursor(self, request: Request) -> Cursor | None:
        """The cursor of `request`; raises Invalid for one that we didn't make."""
        try:
            cursor = super().decode_cursor(request)
            if cursor is None or cursor.position is None or parse_datetime(str(cursor.position)):
                return cursor
        except (NotFound, ValueError):
            pass
        raise Invalid("This cursor is not one of ours.", code="bad_cursor", hint="Follow `next` and `previous` as they are.")

    def get_paginated_response(self, data: Any) -> Response:
        links = {"next": self.get_next_link(), "prev": self.get_previous_link()}
        header = ", ".join(f'<{url}>; rel="{name}"' for name, url in links.items() if url)
        body = {"next": links["next"], "previous": links["prev"], "results": data}
        return Response(body, headers={"Link": header} if header else {})
