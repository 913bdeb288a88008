"""New versions of plans: what is agreed with subscribers stays as it is."""

from __future__ import annotations

from django.db import transaction

from accounts.tenancy import unscoped
from quotas.models import BillingPeriod, Plan, PlanAllowance, Subscription


@transaction.atomic
def plan_version_add(plan: Plan) -> Plan:
    """A copy of `plan` as the next version of its code, not public yet: offered when it is made so."""
    versions = Plan.objects.select_for_update().filter(code=plan.code).order_by("-version")
    newest = versions.first() or plan
    rows = list(PlanAllowance.objects.filter(plan=plan))
    made = Plan.objects.create(
        **{field.attname: getattr(plan, field.attname) for field in Plan._meta.concrete_fields if field.name not in _OWN},
        version=newest.version + 1,
        is_public=False,
    )
    for row in rows:
        row.pk, row.plan, row._state.adding = PlanAllowance().pk, made, True
    PlanAllowance.objects.bulk_create(rows)
    return made


def is_agreed(plan: Plan) -> bool:
    """Whether some workspace is, was or will be on this version: it can't be changed then (the database holds to it)."""
    with unscoped("a plan's subscribers are in every workspace"):
        taken = Subscription.objects.filter(plan=plan) | Subscription.objects.filter(next_plan=plan)
        return taken.exists() or BillingPeriod.objects.filter(plan=plan).exists()


_OWN = {"id", "version", "is_public", "created_at"}
