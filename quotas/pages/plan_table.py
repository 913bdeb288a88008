"""Plans side by side: what each includes of a metric, and what more costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from quotas.billing.terms import Terms
from quotas.billing.wording import rate, unit_price
from quotas.metrics import Metric
from quotas.models import Interval, Overage, Plan, PlanAllowance, Pricing
from quotas.templatetags.units import amount

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A metric in a plan: how much is included, and the sentence about what comes after. `more` "": it stops there."""

    included: str
    more: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A metric across plans, in their order."""

    metric: Metric
    cells: list[Offered]


def plan_lines(plans: Sequence[Plan]) -> list[Line]:
    """A line for each metric."""
    terms = [{row.metric: row for row in plan.allowances.all()} for plan in plans]
    return [Line(metric=metric, cells=[_cell(metric, row.get(metric), plan) for row, plan in zip(terms, plans, strict=True)])
            for metric in Metric]  # fmt: skip


def own_lines(terms: dict[Metric, Terms], currency: str) -> list[Line]:
    """What a workspace has, its own terms included."""
    return [Line(metric=metric, cells=[_offered(metric, terms[metric], currency)]) for metric in Metric]


def of_interval(plans: Sequence[Plan], interval: str) -> list[Plan]:
    """The plans that are paid so; what costs nothing is there either way."""
    return [plan for plan in plans if plan.interval == interval or not plan.base_price_minor]


def interval_of(asked: str, own: Plan) -> str:
    """The interval to compare: the one that was asked for, or the own plan's."""
    return asked if asked in Interval.values else own.interval


def _cell(metric: Metric, row: PlanAllowance | None, plan: Plan) -> Offered:
    return Offered(included="—", more="") if row is None else _offered(metric, row, plan.currency)


def _offered(metric: Metric, row: PlanAllowance | Terms, currency: str) -> Offered:
    if not row.included and row.included is not None and row.overage == Overage.BLOCK:
        return Offered(included="—", more="")
    return Offered(included=_rounded(row.included, metric), more=_more(metric, row, currency))


def _more(metric: Metric, row: PlanAllowance | Terms, currency: str) -> str:
    if row.overage == Overage.BLOCK or row.included is None:
        return ""
    price: Any = f"cost + {rate(row.markup_bp)}"
    if row.pricing == Pricing.UNIT:
        price = unit_price(row.unit_price, row.unit_size, metric, currency)
    return f"then {price}" + (f", up to {_rounded(row.ceiling, metric)}" if row.ceiling is not None else "")


def _rounded(quantity: int | None, metric: Metric) -> str:
    """Round millions are easier to read in words."""
    if quantity and quantity >= _MILLION and quantity % (_MILLION // 10) == 0 and metric.unit in ("characters", "tokens"):
        return f"{quantity / _MILLION:g} million {metric.unit}"
    return amount(quantity, metric.unit)
