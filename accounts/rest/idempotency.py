"""Idempotency-Key on creates (draft-ietf-httpapi-idempotency-key-header): a repeat returns the first answer.

The record is written in the transaction of the create itself: a failure leaves neither. Two at once: the second waits on
the unique index, then replays the first one's answer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.errors import Invalid, Problem
from accounts.models import IdempotencyRecord
from accounts.tenancy import unscoped, workspace_scope

KEPT_FOR = timedelta(hours=24)
MAX_KEY_LENGTH = 255


class KeyReused(Problem):
    status = 422
    code = "idempotency_key_reused"
    title = "This Idempotency-Key was used with another request"
    hint = "Use a fresh key for each new request; repeat the same body to repeat the same request."


def idempotent(request: Request, create: Callable[[], Response]) -> Response:
    """Run `create` once per Idempotency-Key, path and workspace; later calls get the stored answer."""
    key = _key(request)
    if not key:
        return create()
    if len(key) > MAX_KEY_LENGTH or not key.isprintable():
        raise Invalid(f"Idempotency-Key must be at most {MAX_KEY_LENGTH} printable characters.", code="bad_idempotency_key")
    fingerprint = _fingerprint(request)
    IdempotencyRecord.objects.filter(key=key, path=request.path, expires_at__lt=timezone.now()).delete()
    try:
        with transaction.atomic():
            record = IdempotencyRecord.objects.create(
                key=key, path=request.path, fingerprint=fingerprint, expires_at=timezone.now() + KEPT_FOR
            )
    except IntegrityError:
        return _replay(IdempotencyRecord.objects.get(key=key, path=request.path), fingerprint)
    response = create()
    record.status, record.body = response.status_code, _plain(response.data)
    record.save(update_fields=["status", "body"])
    return response


def forget(request: Request, workspace_id: UUID) -> None:
    """The stored answer does not hold after all: the next request with its key is a first one."""
    if key := _key(request):
        with workspace_scope(workspace_id):
            IdempotencyRecord.objects.filter(key=key, path=request.path).delete()


def _key(request: Request) -> str:
    return request.headers.get("Idempotency-Key", "").strip().strip('"')


def forget_expired() -> int:
    """Delete the answers that are no longer promised; returns how many."""
    with unscoped("answers of every workspace expire"):
        return IdempotencyRecord.objects.filter(expires_at__lt=timezone.now()).delete()[0]


def _replay(record: IdempotencyRecord, fingerprint: str) -> Response:
    if record.fingerprint != fingerprint:
        raise KeyReused()
    return Response(record.body, status=record.status, headers={"Idempotency-Replayed": "true"})


def _fingerprint(request: Request) -> str:
    body = json.dumps(request.data, sort_keys=True, default=_text)
    return hashlib.sha256(f"{request.method} {body}".encode()).hexdigest()


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
