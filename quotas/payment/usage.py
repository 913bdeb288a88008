"""Totals of use for Stripe's meters: absolute for the period, so that telling them again changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from accounts.tenancy import unscoped, workspace_scope
from quotas.metrics import Metric
from quotas.models import Allowance, BillingPeriod, PaymentAccount, PaymentMethod, StripePush
from quotas.payment.accounts import payer_of
from quotas.payment.gateway import stripe_gateway
from quotas.payment.values import Payer, UsageTotal

_KEPT_OPEN = timedelta(days=2)  # late use of a period that has just ended is still told
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _News:
    payer: Payer
    totals: list[UsageTotal]


def pushing_workspaces() -> list[UUID]:
    """Whose totals are pushed: all that are customers at Stripe, where pushing is switched on."""
    if not (settings.BILLING_ENABLED and settings.STRIPE_PUSH_USAGE):
        return []
    with unscoped("totals of every workspace are pushed"):
        rows = PaymentAccount.objects.filter(method=PaymentMethod.STRIPE).exclude(external_id="")
        return list(rows.values_list("workspace_id", flat=True))


def push_usage(*, workspace_id: UUID, now: datetime) -> int:
    """Tell Stripe the totals of the workspace that have changed since they were told; returns how many.

    Call it outside of any scope. Raises ProviderUnavailable, ProviderRefused; nothing is noted as sent then.
    """
    with workspace_scope(workspace_id):
        news = _news(now)
    if not news.payer.external_id or not news.totals:
        return 0
    stripe_gateway().push_usage(news.payer, news.totals)
    with workspace_scope(workspace_id):
        _note(news.totals, now)
    return len(news.totals)


def _news(now: datetime) -> _News:
    periods = BillingPeriod.objects.filter(starts_at__lte=now, ends_at__gt=now - _KEPT_OPEN)
    pushed = StripePush.objects.filter(period__in=periods)
    told: dict[tuple[UUID | None, str], int] = {(row.period_id, row.metric): row.total for row in pushed}
    rows = Allowance.objects.filter(period__in=periods).select_related("period").order_by("metric")
    totals = [_total(row, now) for row in rows if row.settled != told.get((row.period_id, row.metric), 0)]
    return _News(payer=payer_of(PaymentAccount.objects.get()), totals=totals)


def _total(row: Allowance, now: datetime) -> UsageTotal:
    assert row.period is not None
    at = min(now, row.period.ends_at - _SECOND)
    return UsageTotal(period_id=row.period.pk, metric=Metric(row.metric), total=row.settled, at=at)


def _note(totals: Iterable[UsageTotal], now: datetime) -> None:
    for total in totals:
        StripePush.objects.update_or_create(
            period_id=total.period_id, metric=total.metric, defaults={"total": total.total, "sent_at": now}
        )
