"""What a use costs us: rate cards, the cost frozen at settlement, and the part of it that is passed through."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Context, Decimal

from django.db.models import Q, Sum

from accounts.errors import Conflict
from quotas.metrics import Metric
from quotas.models import Allowance, EntryKind, Plan, PlanAllowance, Pricing, ProviderRate, UsageEntry
from quotas.values import UsageAttributes

LOCAL = "local"  # the provider of what runs on our own machines
# What the ledger can keep of a cost: ten places of the major unit.
_KEPT, _MOST = Decimal(1).scaleb(-10), Decimal(9_999_999_999)
_EXACT = Context(prec=60)


class RateMissing(LookupError):
    """No rate of the provider is valid for the metric at that moment."""


class CurrencyMismatch(Conflict):
    """Costs in one currency can't be passed through at prices in another."""

    code = "cost_currency"
    title = "The provider's currency is not the plan's"


@dataclass(frozen=True, slots=True, kw_only=True)
class Priceable:
    """A settlement to be priced: `quantity` in the metric's smallest unit."""

    usage: UsageAttributes
    metric: Metric
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PassThrough:
    """What is passed through of an allowance: the share `charged` of `used` in `cost` (major units of `currency`)."""

    cost: Decimal
    currency: str
    charged: int
    used: int


def cost_of(quantity: int, rate: ProviderRate) -> Decimal:
    """What `quantity` costs at `rate` (formula there), in major units of its currency; nothing for nothing.

    Exact up to the tenth place, where it is rounded half up, and up to ten digits: more the ledger doesn't keep. Settlements
    compute the same in SQL (`statements.py`). Raises ValueError below 0.
    """
    if quantity < 0:
        raise ValueError("Use can't be negative.")
    if quantity == 0:
        return Decimal(0)
    steps = -(-quantity // rate.rounding_step)
    billable = max(rate.minimum, steps * rate.rounding_step)
    cost = _EXACT.divide(_EXACT.multiply(rate.unit_cost, Decimal(billable)), Decimal(rate.unit_size))
    return min(cost.quantize(_KEPT, rounding=ROUND_HALF_UP, context=_EXACT), _MOST)


def priced(usage: UsageAttributes, metric: Metric, quantity: int) -> UsageAttributes:
    """`usage` with what it costs, to be frozen in the ledger. See `priced_each`."""
    return priced_each([Priceable(usage=usage, metric=metric, quantity=quantity)])[0]


def priced_each(items: Sequence[Priceable]) -> list[UsageAttributes]:
    """The usage of each with its cost by the rate valid when it occurred; one query for all of them.

    Left as it is: what names no provider, has its cost already, used nothing, or has no rate (`unpriced` in margin.py
    shows those to the operator). A cost from a rate card is an estimate until the provider's statement.
    """
    wanted = [item for item in items if _needs_rate(item)]
    rates = _rates_of((item.usage.provider, item.usage.sku, item.metric) for item in wanted) if wanted else []
    return [_priced(item, rates) if _needs_rate(item) else item.usage for item in items]


def pass_through_of(allowance: Allowance) -> PassThrough:
    """What of an allowance's frozen cost falls on its charged use. Raises CurrencyMismatch.

    The cost is spread evenly over all that was used, overrun included: so what we bear ourselves is never billed.
    """
    currency = Plan.objects.values_list("currency", flat=True).get(pk=allowance.period.plan_id) if allowance.period else ""
    costs = _frozen(allowance)
    if strangers := sorted(set(costs) - {currency}):
        raise CurrencyMismatch(f"{allowance.metric}: costs in {', '.join(strangers)}, prices in {currency}.")
    return PassThrough(
        cost=costs.get(currency, Decimal(0)),
        currency=currency,
        charged=_charged(allowance),
        used=allowance.settled + allowance.overrun,
    )


def check_pass_through(*, plan: Plan, metric: Metric) -> None:
    """Refuse cost-plus pricing of a metric for which some provider takes another currency than the plan's."""
    rates = ProviderRate.objects.filter(metric=metric).exclude(currency=plan.currency)
    if (rate := rates.first()) is not None:
        raise CurrencyMismatch(f"{rate} is in {rate.currency}, the plan in {plan.currency}.")


def check_rate_currency(*, metric: Metric, currency: str) -> None:
    """The other side of `check_pass_through`: refuse a rate in a currency that no cost-plus plan could pass on."""
    passing = PlanAllowance.objects.filter(metric=metric, pricing=Pricing.COST_PLUS).exclude(plan__currency=currency)
    if (row := passing.select_related("plan").first()) is not None:
        raise CurrencyMismatch(f"{row.plan} passes the cost of {metric} on in {row.plan.currency}, the rate is in {currency}.")


def _needs_rate(item: Priceable) -> bool:
    return bool(item.usage.provider) and item.usage.provider_cost is None and item.quantity > 0


def _priced(item: Priceable, rates: Sequence[ProviderRate]) -> UsageAttributes:
    usage = item.usage
    try:
        rate = _valid(rates, usage.provider, usage.sku, item.metric, usage.occurred_at)
    except RateMissing:
        return usage
    cost = cost_of(item.quantity, rate)
    return replace(usage, provider_cost=cost, provider_currency=rate.currency, cost_is_estimate=True)


def _rates_of(keys: Iterable[tuple[str, str, Metric]]) -> list[ProviderRate]:
    wanted = Q(pk__in=())
    for provider, sku, metric in set(keys):
        wanted |= Q(provider=provider, sku__in=(sku, ""), metric=metric)
    return list(ProviderRate.objects.filter(wanted))


def _valid(rates: Iterable[ProviderRate], provider: str, sku: str, metric: Metric, at: datetime) -> ProviderRate:
    fitting = [
        rate
        for rate in rates
        if (rate.provider, rate.metric) == (provider, metric)
        and rate.sku in (sku, "")
        and rate.valid_from <= at
        and (rate.valid_to is None or at < rate.valid_to)
    ]
    if not fitting:
        raise RateMissing(f"{provider} {sku} {metric} at {at}")
    return max(fitting, key=lambda rate: rate.sku)


def _frozen(allowance: Allowance) -> dict[str, Decimal]:
    """By currency; without what came late, which is billed at the average of the others."""
    entries = UsageEntry.objects.filter(workspace_id=allowance.workspace_id, allowance=allowance, provider_cost__isnull=False)
    sums = entries.exclude(kind=EntryKind.LATE).values_list("provider_currency").annotate(cost=Sum("provider_cost"))
    return {currency: cost for currency, cost in sums if cost}


def _charged(allowance: Allowance) -> int:
    if allowance.included is None:
        return 0
    return max(0, allowance.settled - allowance.included - allowance.granted)
