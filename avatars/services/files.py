"""Files of rows: those that are kept, and those that must go."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from accounts.errors import NotFound
from accounts.tenancy import TenantQuerySet, current_workspace_id, unscoped, workspace_scope
from avatars.models import StoredFile
from avatars.storage import erase

logger = logging.getLogger(__name__)
_PATIENCE = timedelta(minutes=1)
_AT_ONCE = 200


def files_of(owner_id: UUID) -> dict[str, StoredFile]:
    """The files of a row, by purpose."""
    return {row.purpose: row for row in _kept().filter(owner_id=owner_id)}


def files_of_many(owner_ids: Iterable[UUID]) -> dict[UUID, dict[str, StoredFile]]:
    """`files_of` for many rows at once."""
    found: dict[UUID, dict[str, StoredFile]] = {owner_id: {} for owner_id in owner_ids}
    for row in _kept().filter(owner_id__in=list(found)):
        found[row.owner_id][row.purpose] = row
    return found


def with_file(purpose: str) -> Any:
    """Ids of the rows that have such a file, for a query's `__in`."""
    return _kept().filter(purpose=purpose).values("owner_id")


def access_file(file_id: UUID) -> StoredFile:
    """One file; raises NotFound when it is absent, doomed or a stranger's."""
    row = _kept().filter(pk=file_id).first()
    if row is None:
        raise NotFound("No such file in this workspace.", code="file_not_found")
    return row


def size_of(owner_id: UUID) -> int:
    """Bytes that a row's files take."""
    return _kept().filter(owner_id=owner_id).aggregate(total=Sum("size"))["total"] or 0


def doom(owner_id: UUID, *purposes: str) -> None:
    """Take these files of a row (all, where none is named) away: at once for readers, their bytes once this has committed."""
    rows = _kept().filter(owner_id=owner_id)
    rows = rows.filter(purpose__in=purposes) if purposes else rows
    doomed = list(rows)
    rows.update(doomed_at=timezone.now())
    workspace_id = current_workspace_id()
    if doomed:
        transaction.on_commit(lambda: _erase(workspace_id, doomed), robust=True)


def sweep(now: datetime) -> int:
    """Erase what was doomed by a process that died before it could; returns how many files."""
    with unscoped("files are doomed in every workspace"):
        late = list(StoredFile.objects.filter(doomed_at__lt=now - _PATIENCE).order_by("doomed_at")[:_AT_ONCE])
    return sum(_erased(row, now) for row in late)


def _erased(row: StoredFile, now: datetime) -> bool:
    """Whether it is gone: one that the storage does not let go goes to the end of the queue, so that it keeps no other."""
    try:
        _erase(row.workspace_id, [row])
    except Exception:
        logger.exception("The file %s could not be erased; it is tried again.", row.pk)
        with workspace_scope(row.workspace_id):
            StoredFile.objects.filter(pk=row.pk).update(doomed_at=now)
        return False
    return True


def _erase(workspace_id: UUID, rows: list[StoredFile]) -> None:
    """The bytes first: a row without bytes is forgotten at the next sweep, bytes without a row never would be."""
    for row in rows:
        erase(row.name)
    with workspace_scope(workspace_id):
        StoredFile.objects.filter(pk__in=[row.pk for row in rows]).delete()
    logger.info("%d files were erased.", len(rows))


def _kept() -> TenantQuerySet[StoredFile]:
    return StoredFile.objects.get_queryset().filter(doomed_at=None)
