"""Auto top-up: a metric's credit is bought by itself whenever little of it is left.

Call these inside a workspace scope, but `top_up_all`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone

from accounts import audit
from accounts.errors import Conflict, Invalid, NotFound
from accounts.tenancy import current_workspace_id, unscoped
from quotas import statements
from quotas.billing import invoicing
from quotas.billing.credits import grant
from quotas.billing.pricing import overage_amount
from quotas.billing.rounds import in_each
from quotas.billing.terms import billing_enabled, require_billing, terms_of
from quotas.metrics import GAUGES, Metric
from quotas.models import Allowance, BillingPeriod, CreditGrant, GrantSource, SubscriptionStatus, TopUpRule
from quotas.periods import locked_period, open_period

_MOST_PER_PERIOD = 100
_PAYING = (SubscriptionStatus.ACTIVE, SubscriptionStatus.TRIALING)
_WAITING = """
SELECT DISTINCT r.workspace_id FROM quotas_topuprule r
JOIN quotas_billingperiod p ON p.workspace_id = r.workspace_id AND p.starts_at <= %(now)s AND p.ends_at > %(now)s
JOIN quotas_subscription s ON s.id = p.subscription_id AND s.status IN ('active', 'trialing')
JOIN quotas_allowance a ON a.period_id = p.id AND a.metric = r.metric
WHERE r.is_active AND a.included + a.granted - a.settled - a.held < r.threshold
  AND r.most_per_period > (SELECT count(*) FROM quotas_creditgrant g WHERE g.workspace_id = r.workspace_id
                           AND g.key LIKE concat('top-up/', p.id, '/', r.metric, '/%%'))
LIMIT %(limit)s
"""


def top_up_set(
    *, metric: Metric | str, threshold: int, amount: int, most_per_period: int = 3, price_minor: int | None = None
) -> TopUpRule:
    """Buy `amount` of `metric` whenever less than `threshold` of what is free is left, a few times a period at most.

    `price_minor`: an operator's price; else the plan's unit price, as it is now. Raises Invalid, and Conflict where the plan
    has no unit price for the metric (`no_unit_price`)."""
    require_billing()
    if metric not in Metric.values or metric in GAUGES:
        raise Invalid("Only what is used up can be topped up.", code="not_a_counter", field="metric")
    if amount <= 0 or threshold < 0 or not 1 <= most_per_period <= _MOST_PER_PERIOD:
        raise Invalid(f"Buy a positive amount, 1 to {_MOST_PER_PERIOD} times a period.", code="amount_range", field="amount")
    price = _price(Metric(metric), amount) if price_minor is None else price_minor
    rule, _ = TopUpRule.objects.update_or_create(
        workspace_id=current_workspace_id(),
        metric=metric,
        defaults={
            "threshold": threshold,
            "amount": amount,
            "price_minor": price,
            "most_per_period": most_per_period,
            "is_active": True,
        },
    )
    audit.record("top_up.set", subject=rule.pk, metric=str(metric), threshold=threshold, amount=amount, price_minor=price)
    return rule


def top_up_remove(*, metric: Metric | str) -> None:
    """Buy nothing by itself any more. Raises NotFound."""
    rule = TopUpRule.objects.filter(metric=metric).first()
    if rule is None:
        raise NotFound("There is no such rule.")
    rule.delete()
    audit.record("top_up.removed", subject=metric, metric=str(metric))


def top_up(*, at: datetime | None = None) -> list[CreditGrant]:
    """Buy what the workspace's rules call for now: at most once a rule and call. Nothing while it is overdue."""
    at = at or timezone.now()
    period = locked_period(current_workspace_id(), at)
    if period.subscription.status not in _PAYING or not billing_enabled():
        return []
    return list(_bought(period, at))


def top_up_all(*, now: datetime, limit: int = 200) -> int:
    """`top_up` wherever a rule calls for it; how often something was bought. Runs outside of any scope."""
    with unscoped("credit runs low in any workspace"):
        waiting = statements.rows(_WAITING, {"now": now, "limit": limit}) if billing_enabled() else []
    return in_each((row["workspace_id"] for row in waiting), lambda _: len(top_up(at=now)))


def _bought(period: BillingPeriod, at: datetime) -> Iterable[CreditGrant]:
    for rule in TopUpRule.objects.filter(is_active=True).order_by("metric"):
        row = Allowance.objects.get(period=period, metric=rule.metric)
        prefix = f"top-up/{period.pk}/{rule.metric}/"
        times = CreditGrant.objects.filter(key__startswith=prefix).count()
        if row.included is None or row.included + row.granted - row.settled - row.held >= rule.threshold:
            continue
        if times < rule.most_per_period:
            yield _buy(rule, f"{prefix}{times + 1}", at)


def _buy(rule: TopUpRule, key: str, at: datetime) -> CreditGrant:
    label = Metric(rule.metric).label
    bought = grant(amount=rule.amount, key=key, source=GrantSource.TOP_UP, metric=rule.metric, reason="Bought by itself", at=at)
    if rule.price_minor:
        invoicing.purchase_invoice(
            description=f"Credit: {label}", metric=rule.metric, quantity=rule.amount, price_minor=rule.price_minor, key=key, at=at
        )
    return bought


def _price(metric: Metric, amount: int) -> int:
    period = open_period(current_workspace_id(), timezone.now())
    terms = terms_of(period.subscription, period.plan, is_trial=False)[metric]
    if terms.unit_price is None:
        raise Conflict(f"The plan has no unit price for {metric.label}.", code="no_unit_price")
    return overage_amount(amount, terms.unit_price, terms.unit_size)
