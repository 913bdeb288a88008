"""Bytes in the storage that no row knows: a process died between writing them and committing their row.

Only names that we make are touched, in folders of workspaces that this database knows: a storage that two installations
share, or that an operator uses for more, loses nothing.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from avatars.models import StoredFile
from avatars.storage import FOLDERS, erase

logger = logging.getLogger(__name__)
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_OURS = re.compile(rf"{_UUID}\.[a-z0-9]{{2,5}}")
_AT_ONCE = 500


def sweep(now: datetime) -> int:
    """Erase what has lain without a row for FILE_ORPHAN_HOURS (0: never); returns how many files."""
    if not settings.FILE_ORPHAN_HOURS:
        return 0
    oldest = now - timedelta(hours=settings.FILE_ORPHAN_HOURS)
    erased = sum(_erased(name) for name in _orphans() if _is_older(name, oldest))
    if erased:
        logger.warning("%d files that no row knew were erased.", erased)
    return erased


def _orphans() -> Iterator[str]:
    for folder in FOLDERS:
        for workspace_id in _workspaces(_inside(folder)[0]):
            files = _inside(f"{folder}/{workspace_id}")[1]
            names = [f"{folder}/{workspace_id}/{name}" for name in files if _OURS.fullmatch(name)]
            for at in range(0, len(names), _AT_ONCE):
                yield from _unknown(workspace_id, names[at : at + _AT_ONCE])


def _inside(folder: str) -> tuple[list[str], list[str]]:
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:  # nothing was ever kept there
        return [], []
    return list(folders), list(files)


def _workspaces(names: Iterable[str]) -> list[UUID]:
    named = [UUID(name) for name in names if re.fullmatch(_UUID, name)]
    return list(Workspace.objects.filter(pk__in=named).values_list("pk", flat=True))


def _unknown(workspace_id: UUID, names: list[str]) -> list[str]:
    with workspace_scope(workspace_id):
        known = set(StoredFile.objects.filter(name__in=names).values_list("name", flat=True))
    return [name for name in names if name not in known]


def _is_older(name: str, oldest: datetime) -> bool:
    try:
        return bool(default_storage.get_modified_time(name) < oldest)
    except FileNotFoundError:  # erased meanwhile
        return False


def _erased(name: str) -> bool:
    try:
        erase(name)
    except Exception:
        logger.exception("The orphan %s could not be erased; it is tried again later.", name)
        return False
    return True
