"""Members take seats: a hold of the `members` gauge each, from joining to leaving."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.dispatch import receiver
from django.utils import timezone

from accounts import seats
from accounts.models import Membership
from accounts.tenancy import current_workspace_id
from quotas.errors import QuotaExceeded
from quotas.metrics import Metric
from quotas.models import Reservation, ReservationState
from quotas.selectors import remaining, shortage_of
from quotas.services import release, reserve

FOREVER = timedelta(days=36_500)  # a seat is given back, it does not lapse


@receiver(seats.joined, dispatch_uid="quotas.seats.joined")
def take_seats(**_: Any) -> None:
    """A seat for everybody who is in and has none yet: who founded the workspace gets one with the second member. Raises
    QuotaExceeded when there are too few."""
    for membership_id in Membership.objects.order_by("created_at").values_list("pk", flat=True):
        key = _key(membership_id)
        reserve(metric=Metric.MEMBERS, amount=1, purpose="member", subject_id=membership_id, key=key, lease=FOREVER)


@receiver(seats.left, dispatch_uid="quotas.seats.left")
def give_seat_back(membership_id: UUID, **_: Any) -> None:
    for hold in Reservation.objects.filter(metric=Metric.MEMBERS, key=_key(membership_id), state=ReservationState.OPEN):
        release(hold_id=hold.pk, sequence=1)


@receiver(seats.inviting, dispatch_uid="quotas.seats.inviting")
def check_seats(**_: Any) -> None:
    """Raises QuotaExceeded where nobody who is invited now could come in."""
    take_seats()
    left_over = remaining(Metric.MEMBERS)
    if left_over is not None and left_over < 1:
        raise QuotaExceeded(shortage_of(current_workspace_id(), Metric.MEMBERS, asked=1, at=timezone.now()))


def _key(membership_id: UUID) -> str:
    return f"member:{membership_id}"
