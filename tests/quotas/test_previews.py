"""What a change of plan would do: what it then does, whatever the workspace was billed and given before."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas.billing.credits import grant
from quotas.billing.subscriptions import plan_change
from quotas.metrics import Metric
from quotas.models import CreditGrant, GrantSource, Invoice
from quotas.payment.services import record_manual_payment
from quotas.previews import change_preview

pytestmark = pytest.mark.django_db


@pytest.fixture
def now(workspace: Workspace) -> datetime:
    """Ten days into a plan that was paid, with credit of money and of time."""
    now = timezone.now()
    with workspace_scope(workspace.pk):
        plan_change(plan_code="starter", at=now - timedelta(days=10))
        bill = Invoice.objects.get()
        record_manual_payment(invoice_id=bill.pk, amount_minor=bill.total_minor, reference="a", at=now)
        grant(amount=500, currency="EUR", key="money", source=GrantSource.PROMO)
        grant(amount=90_000, metric=Metric.AVATAR_MS, key="time", source=GrantSource.PROMO)
    return now


def test_it_shows_the_invoice_that_a_dearer_plan_brings(now: datetime, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        seen = change_preview(plan_code="pro", at=now)
        assert (Invoice.objects.count(), CreditGrant.objects.count()) == (1, 2)
        plan_change(plan_code="pro", at=now)
        made = Invoice.objects.latest("issued_at")
    assert (seen.total_minor, seen.credited_minor) == (made.total_minor, 0)
    assert made.total_minor > 0 and [line.amount_minor for line in seen.lines][-1] == -500


def test_it_shows_the_credit_that_another_interval_leaves(now: datetime, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        seen = change_preview(plan_code="starter-yearly", at=now)
        assert (Invoice.objects.count(), CreditGrant.objects.count()) == (1, 2)
        plan_change(plan_code="starter-yearly", at=now)
        made = CreditGrant.objects.get(source=GrantSource.REFUND)
    assert 0 < seen.credited_minor == made.amount < 4_900
    assert (list(seen.lines), seen.total_minor) == ([], 0)


def test_it_shows_neither_for_a_change_that_waits(now: datetime, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        seen = change_preview(plan_code="free", at=now)
    assert (list(seen.lines), seen.total_minor, seen.credited_minor, seen.is_at_once) == ([], 0, 0, False)
