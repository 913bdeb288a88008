"""Answering with bytes that are being made: at once without an Idempotency-Key, whole and kept with one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from rest_framework.request import Request

from accounts.rest.idempotency import Claim, abandon, claim, conclude, key_of
from accounts.tenancy import workspace_scope
from avatars.blocks.answers import Whole, answer_keep, answer_kept
from avatars.blocks.metering import LEASE
from avatars.rest.streams import streamed
from quotas.errors import QuotaExceeded

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is to be sent, made piece by piece while it is asked for."""

    pieces: Generator[bytes]
    content_type: str


def answered(request: Request, workspace_id: UUID, make: Callable[[], Answer | Whole]) -> HttpResponse | StreamingHttpResponse:
    """Send what `make` makes, piece by piece. With an Idempotency-Key it is made whole first, and made and charged once: a
    repeat gets the same bytes. Outside of scopes. Raises KeyReused, InProgress, Gone, and what making raises."""
    if not key_of(request):
        answer = make()
        return _response(answer) if isinstance(answer, Whole) else streamed(request, answer.pieces, answer.content_type)
    with workspace_scope(workspace_id):
        claimed = claim(request, lease=LEASE, variant=getattr(request.accepted_renderer, "format", ""))
    if claimed.note is not None:
        return _response(answer_kept(workspace_id, claimed.note["file"]), {"Idempotency-Replayed": "true"})
    return _response(_first(workspace_id, claimed, make))


def _response(whole: Whole, headers: dict[str, Any] | None = None) -> HttpResponse:
    return HttpResponse(whole.content, content_type=whole.content_type, headers=headers)


def _first(workspace_id: UUID, claimed: Claim, make: Callable[[], Answer | Whole]) -> Whole:
    try:
        whole = _whole(make())
    except BaseException:
        with workspace_scope(workspace_id):
            abandon(claimed)
        raise
    _keep(workspace_id, claimed, whole)
    return whole


def _whole(answer: Answer | Whole) -> Whole:
    if isinstance(answer, Whole):
        return answer
    with closing(answer.pieces):
        return Whole(content=b"".join(answer.pieces), content_type=answer.content_type)


def _keep(workspace_id: UUID, claimed: Claim, whole: Whole) -> None:
    """It is made and charged: should it not be kept, it is sent nevertheless. Where the plan's storage is full, a repeat is
    told so and not charged again."""
    try:
        file_id = _kept(workspace_id, whole)
        with workspace_scope(workspace_id):
            conclude(claimed, {"file": file_id})
    except Exception:
        logger.exception("An answer could not be kept for its Idempotency-Key.")
        with workspace_scope(workspace_id):
            abandon(claimed)


def _kept(workspace_id: UUID, whole: Whole) -> str:
    """Empty where there is no room."""
    try:
        return str(answer_keep(workspace_id, whole))
    except QuotaExceeded:
        return ""
