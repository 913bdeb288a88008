"""Plans of every kind for the simulated year, and the plain facts about them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from benchmarks.year.journal import MetricFacts, PlanFacts
from quotas.metrics import GAUGES
from quotas.models import Interval, Overage, Plan, PlanAllowance, Pricing
from quotas.plans import FREE, current_plan

_MONTHS = {Interval.MONTH.value: 1, Interval.YEAR.value: 12}


def _charge(included: int, price: str, size: int, ceiling: int | None = None) -> dict[str, Any]:
    return {
        "included": included,
        "overage": Overage.CHARGE,
        "unit_price": Decimal(price),
        "unit_size": size,
        "ceiling": ceiling,
    }


def _at_cost(included: int, markup_bp: int) -> dict[str, Any]:
    return {"included": included, "overage": Overage.CHARGE, "pricing": Pricing.COST_PLUS, "markup_bp": markup_bp}


_PLANS: dict[str, tuple[dict[str, Any], dict[str, dict[str, Any]]]] = {
    "sim-lite": ({"base_price_minor": 901, "trial_days": 7}, {"avatar_ms": {"included": 300_000}}),
    "sim-basic": (
        {"base_price_minor": 1_999},
        {
            "avatar_ms": _charge(600_000, "0.0123456789", 1_000),
            "tts_characters": {"included": 20_000},
            "llm_input_tokens": _at_cost(0, 1_250),
        },
    ),
    "sim-plus": (
        {"base_price_minor": 9_900, "trial_days": 14},
        {
            "avatar_ms": _charge(1_000_000, "3", 60_000, 9_000_000),
            "tts_characters": _charge(5_000, "0.07", 100),
            "llm_input_tokens": _at_cost(1_000, 2_500),
        },
    ),
    "sim-max": (
        {"base_price_minor": 49_901},
        {
            "avatar_ms": _charge(5_000_000, "0.000033333333", 1),
            "tts_characters": {"included": None},
            "llm_input_tokens": _charge(10_000, "0.5", 7),
        },
    ),
    "sim-year": (
        {"base_price_minor": 99_007, "interval": Interval.YEAR},
        {"avatar_ms": _charge(9_000_000, "2.5", 60_000), "tts_characters": {"included": 90_000}},
    ),
    "sim-decade": (
        {"base_price_minor": 499_999, "interval": Interval.YEAR, "trial_days": 30},
        {"avatar_ms": _charge(1_000_000, "1.999999999999", 60_001), "llm_input_tokens": _at_cost(0, 0)},
    ),
}


def write_plans() -> dict[str, PlanFacts]:
    """Write the plans of the simulation; facts about them and the free plan, by code."""
    plans = [_written(code, terms, metrics) for code, (terms, metrics) in _PLANS.items()]
    return {plan.code: _facts(plan) for plan in (current_plan(FREE), *plans)}


def _written(code: str, terms: dict[str, Any], metrics: dict[str, dict[str, Any]]) -> Plan:
    plan = Plan.objects.create(code=code, name=code.removeprefix("sim-").title(), **terms)
    PlanAllowance.objects.bulk_create(PlanAllowance(plan=plan, metric=metric, **sold) for metric, sold in metrics.items())
    return plan


def _facts(plan: Plan) -> PlanFacts:
    rows = PlanAllowance.objects.filter(plan=plan).exclude(metric__in=GAUGES)
    return PlanFacts(
        code=plan.code,
        base_minor=plan.base_price_minor,
        months=_MONTHS[plan.interval],
        trial_days=plan.trial_days,
        metrics={row.metric: _metric(row) for row in rows},
    )


def _metric(row: PlanAllowance) -> MetricFacts:
    charges = row.overage == Overage.CHARGE
    return MetricFacts(
        included=row.included,
        charges=charges,
        ceiling=row.ceiling if charges else row.included,
        price=row.unit_price or Decimal(0),
        size=row.unit_size,
        markup_bp=row.markup_bp if row.pricing == Pricing.COST_PLUS else None,
    )
