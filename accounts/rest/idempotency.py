"""Idempotency-Key on creates (draft-ietf-httpapi-idempotency-key-header): a repeat returns the first answer.

The record is written in the transaction of the create itself: a failure leaves neither. Two at once: the second waits on
the unique index, then replays the first one's answer. What is made outside of transactions claims its key first instead,
and the second is told that the first is under way.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.errors import Conflict, Invalid, Problem
from accounts.models import IdempotencyRecord
from accounts.tenancy import unscoped, workspace_scope

KEPT_FOR = timedelta(hours=24)
MAX_KEY_LENGTH = 255


class KeyReused(Problem):
    status = 422
    code = "idempotency_key_reused"
    title = "This Idempotency-Key was used with another request"
    hint = "Use a fresh key for each new request; repeat the same body to repeat the same request."


class InProgress(Conflict):
    code = "idempotency_in_progress"
    title = "The first request with this Idempotency-Key is still being answered"
    hint = "Repeat it in a few seconds."

    def __init__(self) -> None:
        super().__init__(retry_after=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A key that was taken. `note`: what `conclude` noted with the first answer; None: it is to be made now."""

    record_id: UUID
    note: Any = None


def idempotent(request: Request, create: Callable[[], Response]) -> Response:
    """Run `create` once per Idempotency-Key, path and workspace; later calls get the stored answer."""
    if not key_of(request):
        return create()
    record, is_new = _taken(request, KEPT_FOR)
    if not is_new:
        return Response(record.body, status=record.status, headers={"Idempotency-Replayed": "true"})
    response = create()
    record.status, record.body = response.status_code, _plain(response.data)
    record.save(update_fields=["status", "body"])
    return response


def claim(request: Request, *, lease: timedelta, variant: str = "") -> Claim:
    """Take the request's key, which it has, for an answer that is made outside of transactions within `lease`.

    `variant` is what tells two requests apart beside method, path and body. The caller concludes the claim or abandons it.
    Inside of a scope. Raises KeyReused, InProgress.
    """
    record, is_new = _taken(request, lease, variant)
    if not is_new and record.status is None:
        raise InProgress()
    return Claim(record_id=record.pk, note=None if is_new else record.body)


def conclude(claimed: Claim, note: Any) -> None:
    """The answer is there: repeats get `note`. Inside of a scope."""
    rows = IdempotencyRecord.objects.filter(pk=claimed.record_id)
    rows.update(status=200, body=_plain(note), expires_at=timezone.now() + KEPT_FOR)


def abandon(claimed: Claim) -> None:
    """There is no answer, or none any more: the next request with the key is a first one. Inside of a scope."""
    IdempotencyRecord.objects.filter(pk=claimed.record_id).delete()


def _taken(request: Request, kept_for: timedelta, variant: str = "") -> tuple[IdempotencyRecord, bool]:
    """The record of the request's key, and whether it is new. Raises Invalid, KeyReused, InProgress."""
    key, now = key_of(request), timezone.now()
    if len(key) > MAX_KEY_LENGTH or not key.isprintable():
        raise Invalid(f"Idempotency-Key must be at most {MAX_KEY_LENGTH} printable characters.", code="bad_idempotency_key")
    fingerprint = _fingerprint(request, variant)
    same = {"key": key, "path": request.path}
    IdempotencyRecord.objects.filter(**same, expires_at__lt=now).delete()
    try:
        with transaction.atomic():
            return IdempotencyRecord.objects.create(**same, fingerprint=fingerprint, expires_at=now + kept_for), True
    except IntegrityError:
        record = IdempotencyRecord.objects.filter(**same).first()
    if record is None:  # its claim was abandoned just now
        raise InProgress()
    if record.fingerprint != fingerprint:
        raise KeyReused()
    return record, False


def forget(request: Request, workspace_id: UUID) -> None:
    """The stored answer does not hold after all: the next request with its key is a first one."""
    if key := key_of(request):
        with workspace_scope(workspace_id):
            IdempotencyRecord.objects.filter(key=key, path=request.path).delete()


def key_of(request: Request) -> str:
    """The Idempotency-Key that a request carries; empty without one."""
    return request.headers.get("Idempotency-Key", "").strip().strip('"')


def forget_expired() -> int:
    """Delete the answers that are no longer promised; returns how many."""
    with unscoped("answers of every workspace expire"):
        return IdempotencyRecord.objects.filter(expires_at__lt=timezone.now()).delete()[0]


def _fingerprint(request: Request, variant: str) -> str:
    body = json.dumps(request.data, sort_keys=True, default=_text)
    return hashlib.sha256(f"{request.method} {variant}{body}".encode()).hexdigest()


def _text(part: Any) -> str:
    """An upload counts by what it holds: two files may have the same name."""
    if not isinstance(part, UploadedFile):
        return str(part)
    digest = hashlib.sha256()
    for chunk in part.chunks():
        digest.update(chunk)
    part.seek(0)
    return digest.hexdigest()


def _plain(data: Any) -> Any:
    return json.loads(json.dumps(data, default=str))
