"""More time for a workspace whose invoice is overdue."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.errors import Conflict, Invalid
from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas.billing.grace import grace_extend
from quotas.billing.invoicing import purchase_invoice
from quotas.billing.overdue import mark_overdue
from quotas.billing.standing import mark_paid
from quotas.metrics import Metric
from quotas.models import Allowance, Subscription
from tests.quotas.billing.bills import Sold, offer, put_on

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def standing() -> tuple[str, int | None]:
    """The subscription's status, and where avatar time stops."""
    return Subscription.objects.get().status, Allowance.objects.get(
        metric="avatar_ms", period__ends_at__gt=timezone.now()
    ).ceiling


def test_it_serves_in_full_until_the_new_end_and_no_longer(workspace: Workspace) -> None:
    now = timezone.now()
    put_on(workspace, offer(avatar_ms=Sold()), anchor_at=now - DAY)
    with workspace_scope(workspace.pk):
        bill = purchase_invoice(
            description="Credit", metric=Metric.AVATAR_MS, quantity=1, price_minor=500, key="1", at=now - 60 * DAY
        )
    mark_overdue(now=now)
    with workspace_scope(workspace.pk):
        assert standing() == ("suspended", 0)
        grace_extend(until=now + 7 * DAY, at=now)
        assert standing() == ("past_due", None)
    assert mark_overdue(now=now + 6 * DAY) == 0
    mark_overdue(now=now + 22 * DAY)
    with workspace_scope(workspace.pk):
        assert Subscription.objects.get().status == "suspended"
        mark_paid(invoice_id=bill.pk, at=now)
    mark_overdue(now=now)
    with workspace_scope(workspace.pk):
        assert standing() == ("active", None)
        with pytest.raises(Conflict, match="Nothing is overdue"):
            grace_extend(until=now + 30 * DAY, at=now)


def test_it_only_ever_gives_more_time(workspace: Workspace) -> None:
    now = timezone.now()
    put_on(workspace, offer(), anchor_at=now - DAY, status="past_due", grace_until=now + 3 * DAY)
    with workspace_scope(workspace.pk):
        for until in (now - DAY, now + 2 * DAY, now + 3 * DAY):
            with pytest.raises(Invalid, match="later"):
                grace_extend(until=until, at=now)
        assert Subscription.objects.get().grace_until == now + 3 * DAY
