"""Private files of a folder, to whoever has a signed address: whole, or a range of one (players ask for ranges)."""

from __future__ import annotations

import re
import time
from uuid import UUID

from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from accounts.errors import NotFound
from accounts.tenancy import workspace_scope
from avatars.models import StoredFile
from avatars.services.files import access_file
from avatars.storage import disposition, is_signed

_RANGE = re.compile(r"bytes=(\d{1,15})-(\d{0,15})")
_LONGEST_RANGE = 8 << 20
# What a viewer on somebody else's page needs; everything else is for our own pages.
_FOR_EVERY_PAGE = frozenset({"head", "portrait", "thumbnail", "thumbnail_webp", "asset"})


@require_safe
def file(request: HttpRequest, workspace_id: UUID, file_id: UUID, name: str) -> HttpResponse:
    """The file, while its address holds; a wrong, an old, a deleted one: the same 404."""
    expires, given = request.GET.get("expires", ""), request.GET.get("signature", "")
    if not is_signed(workspace_id, file_id, expires, given):
        raise Http404("This address is not valid, or not any more.")
    try:
        with workspace_scope(workspace_id):
            row = access_file(file_id)
        response = _content(row, request.headers.get("Range", ""))
    except (NotFound, FileNotFoundError) as error:
        raise Http404("The file is gone.") from error
    _guard(response, row, seconds=int(expires) - int(time.time()))
    return response


def _content(row: StoredFile, wished: str) -> HttpResponse:
    found = _RANGE.fullmatch(wished)
    start = int(found[1]) if found else 0
    if found and start >= row.size:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{row.size}"})
    end = min(int(found[2]) if found and found[2] else row.size - 1, row.size - 1)
    if found:
        end = min(end, start + _LONGEST_RANGE - 1)
    with default_storage.open(row.name) as stored:
        stored.seek(start)
        content = stored.read(max(0, end - start + 1))
    response = HttpResponse(content, content_type=row.media_type, status=206 if found else 200)
    if found:
        response["Content-Range"] = f"bytes {start}-{end}/{row.size}"
    return response


def _guard(response: HttpResponse, row: StoredFile, *, seconds: int) -> None:
    """It is shown as what it is, runs nothing, and no shared cache keeps it."""
    for_all = row.purpose in _FOR_EVERY_PAGE
    response["Content-Disposition"] = disposition(row)
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = f"private, max-age={max(0, seconds)}, immutable"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "cross-origin" if for_all else "same-origin"
    if for_all:
        response["Access-Control-Allow-Origin"] = "*"
