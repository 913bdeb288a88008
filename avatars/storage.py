"""Where private files lie, and the signed addresses by which they are seen for a while.

Files go through Django's default storage: a folder, or an S3-compatible service. Nothing in it is public. An address holds
until the end of a window, so that it is the same for everybody who asks within one and browsers can keep what they fetched.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage
from django.urls import reverse
from django.utils.crypto import salted_hmac

from accounts.identifiers import uuid7
from accounts.tenancy import current_workspace_id
from avatars.models import StoredFile

ENDINGS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/svg+xml": "svg",
    "model/gltf-binary": "glb",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "audio/wav": "wav",
    "text/vtt": "vtt",
}
FOLDERS = QUARANTINE, KEPT = "quarantine", "files"
_SHOWN = ("image/", "video/", "audio/", "text/vtt", "model/gltf-binary")
_SALT = "avatars.storage"
Write = Callable[..., StoredFile]


class PrivateFolder(FileSystemStorage):
    """Files of one machine: readable by the product alone, without an address of their own."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700} | options)

    def url(self, name: str | None) -> str:
        raise NotImplementedError("Private files are reached by avatars.storage.link.")


@contextmanager
def writing() -> Iterator[Write]:
    """`write(owner_id=…, purpose=…, content=…, media_type=…)` stores bytes and returns the row for them, to be saved by the
    caller. Should the block fail, what it wrote is removed again. Inside of a workspace scope."""
    written: list[str] = []

    def write(*, owner_id: UUID, purpose: str, content: bytes, media_type: str) -> StoredFile:
        row = _row(owner_id, purpose, content, media_type)
        row.name = default_storage.save(row.name, ContentFile(content))
        written.append(row.name)
        return row

    try:
        yield write
    except BaseException:
        for name in written:
            erase(name)
        raise


def _row(owner_id: UUID, purpose: str, content: bytes, media_type: str) -> StoredFile:
    workspace_id, file_id = current_workspace_id(), uuid7()
    folder = QUARANTINE if purpose == "upload" else KEPT
    return StoredFile(
        id=file_id,
        workspace_id=workspace_id,
        owner_id=owner_id,
        purpose=purpose,
        name=f"{folder}/{workspace_id}/{file_id}.{ENDINGS.get(media_type, 'bin')}",
        media_type=media_type,
        size=len(content),
        digest=hashlib.sha256(content).hexdigest(),
    )


def content_of(row: StoredFile) -> bytes:
    """All bytes of a file. Raises FileNotFoundError when the storage has lost it."""
    with default_storage.open(row.name) as file:
        content: bytes = file.read()
    return content


def erase(name: str) -> None:
    """Remove a file's bytes, every version of them; one that is not there is no error."""
    default_storage.delete(name)


def link(row: StoredFile) -> str:
    """An address that shows the file to whoever has it, for one to two windows (FILE_LINK_SECONDS) from now on."""
    if not isinstance(default_storage, PrivateFolder):
        signed: Callable[..., str] = default_storage.signed  # type: ignore[attr-defined]
        return signed(row.name, media_type=row.media_type, disposition=disposition(row))
    expires = _end_of_window()
    query = urlencode({"expires": expires, "signature": signature(row.workspace_id, row.pk, expires)})
    return f"{reverse('file', args=[row.workspace_id, row.pk, file_name(row)])}?{query}"


def file_name(row: StoredFile) -> str:
    """What the file is called when somebody saves it."""
    return f"{row.purpose}.{ENDINGS.get(row.media_type, 'bin')}"


def disposition(row: StoredFile) -> str:
    """Content-Disposition: types that pages show are shown, anything else is only ever saved. What is shown has no name
    here: it would win over the one that a page's link gives the file."""
    return "inline" if row.media_type.startswith(_SHOWN) else f'attachment; filename="{file_name(row)}"'


def is_signed(workspace_id: UUID, file_id: UUID, expires: str, given: str) -> bool:
    """Whether `link` made this address, and its time has not run out."""
    if not expires.isdecimal() or len(expires) > 12 or int(expires) < time.time():
        return False
    return hmac.compare_digest(signature(workspace_id, file_id, int(expires)).encode(), given.encode())


def signature(workspace_id: UUID, file_id: UUID, expires: int) -> str:
    """What proves that we gave out the address."""
    return salted_hmac(_SALT, f"{workspace_id}/{file_id}/{expires}", algorithm="sha256").hexdigest()


def _end_of_window() -> int:
    window: int = settings.FILE_LINK_SECONDS
    return (int(time.time()) // window + 2) * window
