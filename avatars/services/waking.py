"""Asking a worker to go on with an avatar; a lost message is made up for by the sweep (preparing.py)."""

from __future__ import annotations

from django.db import transaction

from avatars.models import Avatar


def wake_on_commit(avatar: Avatar) -> None:
    """Have it fetched or prepared once the current transaction has committed."""
    workspace_id, avatar_id, must_fetch = str(avatar.workspace_id), str(avatar.pk), bool(avatar.source_url)
    transaction.on_commit(lambda: wake(workspace_id, avatar_id, must_fetch=must_fetch), robust=True)


def wake(workspace_id: str, avatar_id: str, *, must_fetch: bool) -> None:
    """Send the message."""
    from avatars.tasks import fetch_avatar, prepare_avatar  # they, in turn, call the services

    (fetch_avatar if must_fetch else prepare_avatar).send(workspace_id, avatar_id)
