"""Private files of a folder, to whoever has a signed address: whole, or a range of one (players ask for ranges)."""

from __future__ import annotations

import re
import time
from collections.abc import Generator
from dataclasses import dataclass
from uuid import UUID

from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_safe

from accounts.errors import NotFound
from accounts.tenancy import workspace_scope
from avatars.models import StoredFile
from avatars.rest.streams import streamed
from avatars.services.files import access_file
from avatars.storage import disposition, is_signed

_RANGE = re.compile(r"bytes=(\d{1,15})-(\d{0,15})")
_LONGEST_RANGE = 8 << 20
_BLOCK = 1 << 20  # more is never in memory at once
# What a viewer on somebody else's page needs; everything else is for our own pages.
_FOR_EVERY_PAGE = frozenset({"head", "portrait", "thumbnail", "thumbnail_webp", "asset"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Bytes [start, after) of a file."""

    start: int
    after: int


@require_safe
def file(request: HttpRequest, workspace_id: UUID, file_id: UUID, name: str) -> HttpResponse | StreamingHttpResponse:
    """The file, while its address holds; a wrong, an old, a deleted one: the same 404."""
    expires, given = request.GET.get("expires", ""), request.GET.get("signature", "")
    if not is_signed(workspace_id, file_id, expires, given):
        raise Http404("This address is not valid, or not any more.")
    try:
        with workspace_scope(workspace_id):
            row = access_file(file_id)
        response = _answer(request, row)
    except (NotFound, FileNotFoundError) as error:
        raise Http404("The file is gone.") from error
    _guard(response, row, seconds=int(expires) - int(time.time()))
    return response


def _answer(request: HttpRequest, row: StoredFile) -> HttpResponse | StreamingHttpResponse:
    """The file or what is asked for of it; large ones in blocks. Raises FileNotFoundError."""
    wished = _RANGE.fullmatch(request.headers.get("Range", ""))
    part = _wished(row.size, wished) if wished else Part(start=0, after=row.size)
    if part is None:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{row.size}"})
    if request.method == "HEAD" or part.after - part.start <= _BLOCK:
        response = _small(row, part, is_read=request.method != "HEAD")
    else:
        response = streamed(request, _blocks(row, part), row.media_type)
    response["Content-Length"] = str(part.after - part.start)
    if wished:
        response.status_code = 206
        response["Content-Range"] = f"bytes {part.start}-{part.after - 1}/{row.size}"
    return response


def _wished(size: int, wished: re.Match[str]) -> Part | None:
    """The part that a Range header names, no more than is sent at once; None where the file has none of it."""
    start, last = int(wished[1]), int(wished[2]) if wished[2] else size - 1
    after = min(last + 1, size, start + _LONGEST_RANGE)
    return Part(start=start, after=after) if start < after else None


def _small(row: StoredFile, part: Part, *, is_read: bool) -> HttpResponse | StreamingHttpResponse:
    with default_storage.open(row.name) as stored:
        stored.seek(part.start)
        content = stored.read(part.after - part.start) if is_read else b""
    return HttpResponse(content, content_type=row.media_type)


def _blocks(row: StoredFile, part: Part) -> Generator[bytes]:
    with default_storage.open(row.name) as stored:
        stored.seek(part.start)
        for at in range(part.start, part.after, _BLOCK):
            yield stored.read(min(_BLOCK, part.after - at))


def _guard(response: HttpResponse | StreamingHttpResponse, row: StoredFile, *, seconds: int) -> None:
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
