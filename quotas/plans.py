"""Plans and their versions. What somebody is on never changes (a trigger sees to it): a change is a new version."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Max

from quotas import statements
from quotas.metrics import Metric
from quotas.models import Overage, Plan, PlanAllowance
from quotas.offers import FREE, OFFERS, Offer

__all__ = ["FREE", "OFFERS", "Offer", "current_plan", "seed_plans"]

# What makes two versions the same: everything that is agreed, but not whether it is still on offer.
_PLAN_TERMS = ("name", "currency", "base_price_minor", "interval", "trial_days", "grace_days")
_METRIC_TERMS = ("included", "overage", "ceiling", "pricing", "unit_price", "unit_size", "markup_bp")


_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('quotas.plans'))"


@transaction.atomic
def seed_plans() -> list[Plan]:
    """Write the offers that no version of their plan matches, each as a new version; return those that were written.

    An operator's own versions stay the newest: an offer that was written once is not written again.
    """
    statements.rows(_ONE_AT_A_TIME, {})
    return [_write(offer) for offer in OFFERS if not _is_written(offer)]


def current_plan(code: str) -> Plan:
    """The newest version of a plan, one on offer before one that is not (yet); writes the offers first where none are."""
    newest = Plan.objects.filter(code=code).order_by("-is_public", "-version")
    plan = newest.first()
    if plan is None:
        seed_plans()
        plan = newest[:1].get()
    return plan


def _is_written(offer: Offer) -> bool:
    versions = Plan.objects.filter(code=offer.code).prefetch_related("allowances")
    return any(_terms(plan, list(plan.allowances.all())) == _offered_terms(offer) for plan in versions)


def _write(offer: Offer) -> Plan:
    plan, rows = _rows(offer)
    plan.version = _next_version(offer.code)
    plan.save()
    PlanAllowance.objects.bulk_create(rows)
    return plan


def _next_version(code: str) -> int:
    newest: int | None = Plan.objects.filter(code=code).aggregate(newest=Max("version"))["newest"]
    return (newest or 0) + 1


def _offered_terms(offer: Offer) -> tuple[dict[str, Any], dict[str, Any]]:
    return _terms(*_rows(offer))


def _terms(plan: Plan, rows: list[PlanAllowance]) -> tuple[dict[str, Any], dict[str, Any]]:
    metrics = {str(row.metric): tuple(getattr(row, name) for name in _METRIC_TERMS) for row in rows}
    return {name: getattr(plan, name) for name in _PLAN_TERMS}, metrics


def _rows(offer: Offer) -> tuple[Plan, list[PlanAllowance]]:
    """An offer as unsaved rows."""
    plan = Plan(
        code=offer.code,
        name=offer.name,
        base_price_minor=offer.price_minor,
        interval=offer.interval,
        trial_days=offer.trial_days,
        is_public=offer.is_public,
    )
    return plan, [_allowance(plan, offer, metric) for metric in offer.included]


def _allowance(plan: Plan, offer: Offer, metric: Metric) -> PlanAllowance:
    included, price = offer.included[metric], offer.prices.get(metric)
    row = PlanAllowance(plan=plan, metric=metric, included=included)
    if price is not None and included is not None:
        row.overage, row.ceiling = Overage.CHARGE, included * price.times
        row.unit_price, row.unit_size = price.unit_price, price.unit_size
    return row
