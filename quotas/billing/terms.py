"""What a subscription allows of each metric and at what price: the plan's terms with the workspace's own on top."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings

from accounts.errors import Conflict, Invalid
from quotas.metrics import Metric
from quotas.models import Overage, Plan, PlanAllowance, Pricing, Subscription

BASE_PRICE = "base_price_minor"
_MOST = 2**63 - 1
_PLACES, _DIGITS = 12, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Of one metric. `included` and `ceiling`: smallest units, None without limit; the ceiling comes before credit.

    `unit_price`: minor units for `unit_size` units, None where nothing is charged by the unit.
    """

    included: int | None = 0
    ceiling: int | None = 0
    overage: Overage = Overage.BLOCK
    pricing: Pricing = Pricing.UNIT
    unit_price: Decimal | None = None
    unit_size: int = 1
    markup_bp: int = 0


NOTHING = Terms()
UNLIMITED = Terms(included=None, ceiling=None)


def billing_enabled() -> bool:
    """Whether plans limit and cost anything here; without billing everybody may use everything, and it is still counted."""
    return bool(getattr(settings, "BILLING_ENABLED", True))


def require_billing() -> None:
    """Raise Conflict where this installation sells nothing."""
    if not billing_enabled():
        raise Conflict("This installation does not bill: everything is included.", code="billing_disabled")


def terms_of(subscription: Subscription, plan: Plan, *, is_trial: bool) -> dict[Metric, Terms]:
    """The terms of every metric. What the plan does not mention it does not allow; in a trial nothing is charged."""
    if not billing_enabled():
        return dict.fromkeys(Metric, UNLIMITED)
    planned = {Metric(row.metric): _planned(row) for row in PlanAllowance.objects.filter(plan=plan)}
    terms = {metric: planned.get(metric, NOTHING) for metric in Metric}
    for name, override in subscription.price_overrides.items():
        if name != BASE_PRICE:
            terms[Metric(name)] = _overridden(terms[Metric(name)], override)
    return {metric: _free_of_charge(one) for metric, one in terms.items()} if is_trial else terms


def base_price_of(subscription: Subscription, plan: Plan) -> int:
    """The base price of a whole period in minor units: the workspace's own, or the plan's."""
    if not billing_enabled():
        return 0
    return int(subscription.price_overrides.get(BASE_PRICE, plan.base_price_minor))


def check_overrides(overrides: Mapping[str, Any], plan: Plan) -> None:
    """Raise Invalid unless every override names a metric (or the base price) and leads to terms that make sense."""
    if not isinstance(overrides.get(BASE_PRICE, 0), int) or not 0 <= overrides.get(BASE_PRICE, 0) <= _MOST:
        raise _invalid(BASE_PRICE, "is a whole number of minor units")
    planned = {row.metric: _planned(row) for row in PlanAllowance.objects.filter(plan=plan)}
    for name, override in overrides.items():
        if name != BASE_PRICE:
            _check_override(name, override, planned)


def _check_override(name: str, override: Any, planned: Mapping[str, Terms]) -> None:
    if name not in Metric.values:
        raise _invalid(name, "is no metric")
    if not isinstance(override, Mapping) or not override.keys() <= _READERS.keys():
        raise _invalid(name, f"is an object with some of {', '.join(sorted(_READERS))}")
    try:
        terms = _overridden(planned.get(name, NOTHING), override)
    except (ValueError, TypeError, InvalidOperation) as error:
        raise _invalid(name, str(error) or "holds no number where one belongs") from error
    if terms.overage == Overage.CHARGE:
        _check_charge(Metric(name), terms)


def _check_charge(metric: Metric, terms: Terms) -> None:
    if metric.is_gauge:
        raise _invalid(metric, "is a level: it can't be charged by use")
    if terms.pricing == Pricing.UNIT and terms.unit_price is None:
        raise _invalid(metric, "charges, so it needs a unit_price")
    if terms.ceiling is not None and (terms.included is None or terms.ceiling < terms.included):
        raise _invalid(metric, "has a ceiling below what is included")


def _invalid(name: str, why: str) -> Invalid:
    return Invalid(f"{name} {why}.", code="invalid_override", field=name)


def _planned(row: PlanAllowance) -> Terms:
    if Metric(row.metric).is_gauge:  # a level has no use above it that could be charged
        return Terms(included=row.included, ceiling=row.included)
    return Terms(
        included=row.included,
        ceiling=row.hard_limit,
        overage=Overage(row.overage),
        pricing=Pricing(row.pricing),
        unit_price=row.unit_price,
        unit_size=row.unit_size,
        markup_bp=row.markup_bp,
    )


def _overridden(terms: Terms, override: Mapping[str, Any]) -> Terms:
    """A changed `included` of a blocking metric moves the ceiling along: there it stops."""
    changed = replace(terms, **{field: _READERS[field](value) for field, value in override.items()})
    return replace(changed, ceiling=changed.included) if changed.overage == Overage.BLOCK else changed


def _free_of_charge(terms: Terms) -> Terms:
    return Terms(included=terms.included, ceiling=terms.included)


def _quantity(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST:
        raise ValueError("amounts are whole numbers from 0, or null for no limit")
    return value


def _unit_size(value: Any) -> int:
    size = _quantity(value)
    if not size:
        raise ValueError("unit_size is a whole number from 1")
    return size


def _price(value: Any) -> Decimal:
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise ValueError("a unit_price is a decimal string")
    price = Decimal(value)
    exponent = price.as_tuple().exponent
    if not isinstance(exponent, int) or price < 0 or exponent < -_PLACES or price.adjusted() >= _DIGITS - _PLACES:
        raise ValueError("a unit_price has up to 8 digits before and 12 after the point")
    return price


_READERS: dict[str, Callable[[Any], Any]] = {
    "included": _quantity,
    "ceiling": _quantity,
    "unit_price": _price,
    "unit_size": _unit_size,
    "overage": Overage,
}
