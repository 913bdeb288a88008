"""The room that files take of a workspace's storage: one hold for each row that keeps files."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from avatars.models import Keeper
from quotas.errors import refusal
from quotas.metrics import Metric
from quotas.services import release, renew, reserve
from quotas.values import UsageAttributes

# A level is held as long as its row is there, so no sweeper may ever take it back.
FOREVER = timedelta(days=36_500)


def take_room(keeper: Keeper, size: int, *, purpose: str) -> None:
    """Hold `size` bytes for a row that is about to be saved; raises QuotaExceeded."""
    keeper.storage_hold = reserve(
        metric=Metric.STORAGE_BYTES,
        amount=max(1, size),
        purpose=purpose,
        subject_id=keeper.pk,
        key=f"{purpose}:{keeper.pk}",
        lease=FOREVER,
    ).id


def fit_room(keeper: Keeper, size: int) -> None:
    """Hold exactly `size` bytes from now on, more or fewer; raises QuotaExceeded. The row's columns are saved."""
    if keeper.storage_hold is None:
        return
    keeper.storage_step += 1
    renewal = renew(
        hold_id=keeper.storage_hold,
        used=0,
        sequence=keeper.storage_step,
        next_amount=max(1, size),
        lease=FOREVER,
        usage=UsageAttributes(occurred_at=timezone.now()),
    )
    if renewal.shortage:
        raise refusal(renewal.shortage)
    keeper.save(update_fields=["storage_step"])


def give_room_back(keeper: Keeper) -> None:
    """Hold nothing any more. The row's columns are not saved: it is about to go."""
    if keeper.storage_hold is not None:
        release(hold_id=keeper.storage_hold, sequence=keeper.storage_step + 1)


def hold_place(metric: Metric, subject_id: UUID, *, purpose: str) -> UUID:
    """Hold one of a level (avatars, voices); raises QuotaExceeded. After `take_room`: the lock order of quotas."""
    return reserve(
        metric=metric, amount=1, purpose=purpose, subject_id=subject_id, key=f"{purpose}:{subject_id}", lease=FOREVER
    ).id
