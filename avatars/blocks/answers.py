"""Answers for an Idempotency-Key: made whole, charged once, kept for a day and sent again."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from accounts.errors import Gone
from accounts.tenancy import workspace_scope
from avatars.models import StoredFile
from avatars.storage import content_of, writing
from quotas.metrics import Metric
from quotas.services import reserve

logger = logging.getLogger(__name__)
KEPT_FOR = timedelta(hours=24)
_ERASED_WITHIN = timedelta(minutes=5)  # of the clock's sweeps
PURPOSE = "answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """An answer with nothing left to make."""

    content: bytes
    content_type: str


def answer_keep(workspace_id: UUID, answer: Whole) -> UUID:
    """Keep an answer for a day, and return by what it is found. No address ever shows it: it is doomed from the beginning,
    and the clock erases it like any doomed file. Its room is held as long: the hold lapses by itself. Raises QuotaExceeded."""
    with workspace_scope(workspace_id), writing() as write:
        row = write(owner_id=workspace_id, purpose=PURPOSE, content=answer.content, media_type=answer.content_type)
        row.doomed_at = timezone.now() + KEPT_FOR
        row.save(force_insert=True)
        reserve(
            metric=Metric.STORAGE_BYTES,
            amount=max(1, row.size),
            purpose=PURPOSE,
            subject_id=row.pk,
            key=f"{PURPOSE}:{row.pk}",
            lease=KEPT_FOR + _ERASED_WITHIN,
        )
    return row.pk


def answer_kept(workspace_id: UUID, file_id: str) -> Whole:
    """What `answer_keep` kept; `file_id` is empty where there was no room for it. Raises Gone for that, and when the storage
    has lost it."""
    try:
        with workspace_scope(workspace_id):
            row = StoredFile.objects.get(pk=UUID(file_id), purpose=PURPOSE)
        return Whole(content=content_of(row), content_type=row.media_type)
    except (ValueError, StoredFile.DoesNotExist, FileNotFoundError) as error:
        hint = "Send the request with a fresh Idempotency-Key: it is made and charged again."
        raise Gone("The kept answer is gone.", code="answer_gone", hint=hint) from error
