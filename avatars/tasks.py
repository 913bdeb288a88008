"""What workers do for avatars: fetch them (queue `batch`: it waits for strangers) and make them (queue `avatars`)."""

from __future__ import annotations

from uuid import UUID

import dramatiq

from accounts.queue import broker
from accounts.webhooks.addresses import Policy
from accounts.webhooks.wire import Wire
from avatars.services.preparing import MOST_ATTEMPTS, avatar_fetch, avatar_give_up, avatar_prepare


@dramatiq.actor(broker=broker, queue_name="batch", max_retries=0, time_limit=60_000)
def fetch_avatar(workspace_id: str, avatar_id: str) -> None:
    """Fetch the file of an avatar from its address, then have it prepared."""
    avatar_fetch(workspace_id=UUID(workspace_id), avatar_id=UUID(avatar_id), wire=Wire(policy=Policy.configured()))


@dramatiq.actor(
    broker=broker,
    queue_name="avatars",
    max_retries=MOST_ATTEMPTS - 1,
    min_backoff=1_000,
    max_backoff=10_000,
    time_limit=60_000,
    on_retry_exhausted="give_avatar_up",
)
def prepare_avatar(workspace_id: str, avatar_id: str) -> None:
    """Make an avatar from its upload. What is wrong with the upload is its refusal; anything else is tried again."""
    avatar_prepare(workspace_id=UUID(workspace_id), avatar_id=UUID(avatar_id))


@dramatiq.actor(broker=broker, queue_name="batch", max_retries=3, time_limit=10_000)
def give_avatar_up(message: dict[str, object], retries: dict[str, object]) -> None:
    """Every attempt has failed: say so."""
    workspace_id, avatar_id = (str(part) for part in message["args"])  # type: ignore[attr-defined]
    avatar_give_up(workspace_id=UUID(workspace_id), avatar_id=UUID(avatar_id))
