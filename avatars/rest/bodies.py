"""Bodies that are files: what they are, and how long they may be."""

from __future__ import annotations

from rest_framework.request import Request

from accounts.rest.parsing import TooLarge

_ENVELOPE = 64 * 1024  # what multipart adds: boundaries, headers, the other fields


def media_type_of(request: Request) -> str:
    """The body's media type without its parameters."""
    return str(request.content_type or "").split(";")[0].strip().lower()


def check_length(request: Request, most_bytes: int) -> None:
    """Raise TooLarge for a multipart body that can't hold a file of at most `most_bytes`, before it is taken apart.

    Without a length there is no body: neither Django nor DRF reads one then.
    """
    if int(request.META.get("CONTENT_LENGTH") or 0) > most_bytes + _ENVELOPE:
        raise TooLarge(f"A file may have {most_bytes} bytes here.")
