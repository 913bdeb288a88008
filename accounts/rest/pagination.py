"""Cursor pagination: newest first, stable, no totals; `next` and `previous` also as a Link header."""

from typing import Any

from rest_framework.pagination import CursorPagination
from rest_framework.response import Response


class TimePagination(CursorPagination):
    """`?cursor=…&limit=…`, 50 a page, 200 at most."""

    ordering = ("-created_at", "-id")
    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200

    def get_paginated_response(self, data: Any) -> Response:
        links = {"next": self.get_next_link(), "prev": self.get_previous_link()}
        header = ", ".join(f'<{url}>; rel="{name}"' for name, url in links.items() if url)
        body = {"next": links["next"], "previous": links["prev"], "results": data}
        return Response(body, headers={"Link": header} if header else {})
