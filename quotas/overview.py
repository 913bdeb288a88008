"""What pages and the API tell about plan, credit, invoices, alerts and caps. Reads only, inside a workspace scope."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import F, Q, QuerySet

from accounts.errors import NotFound
from accounts.tenancy import current_workspace_id
from quotas.metrics import Metric
from quotas.models import (
    AlertFiring,
    AlertRule,
    BillingProfile,
    CreditGrant,
    Invoice,
    InvoiceState,
    Plan,
    SpendCap,
    TopUpRule,
)
from quotas.periods import subscription_of


def offered_plans() -> list[Plan]:
    """The plans on offer and the workspace's own, cheapest first, with their allowances. Of each code one version."""
    own = subscription_of(current_workspace_id()).plan
    newest = Plan.objects.filter(is_public=True).order_by("code", "-version").distinct("code")
    rows = Plan.objects.filter(Q(pk__in=newest.values("pk")) | Q(pk=own.pk)).prefetch_related("allowances")
    shown = [plan for plan in rows if plan.code != own.code or plan.pk == own.pk]
    return sorted(shown, key=lambda plan: (plan.base_price_minor, plan.name))


def currency() -> str:
    """What the workspace's plan is paid in."""
    return subscription_of(current_workspace_id()).plan.currency


def invoices() -> QuerySet[Invoice]:
    """Issued invoices, newest first."""
    return Invoice.objects.exclude(state=InvoiceState.DRAFT).order_by("-issued_at", "-id")


def access_invoice(invoice_id: UUID) -> Invoice:
    """One issued invoice. Raises NotFound."""
    invoice = invoices().select_related("replaces").filter(pk=invoice_id).first()
    if invoice is None:
        raise NotFound("There is no such invoice.")
    return invoice


def unpaid_invoices() -> QuerySet[Invoice]:
    """What is owed, oldest first."""
    return Invoice.objects.filter(state=InvoiceState.OPEN).order_by("due_at", "id")


def grants(at: datetime) -> QuerySet[CreditGrant]:
    """Credit that can still be used, in the order in which it burns."""
    alive = Q(expires_at=None) | Q(expires_at__gt=at)
    return CreditGrant.objects.filter(alive, remaining__gt=0).order_by(
        "metric", "priority", F("expires_at").asc(nulls_last=True), "created_at", "id"
    )


def top_up_rules() -> list[TopUpRule]:
    """The workspace's auto top-ups, in the order of metrics."""
    ranks = {metric.value: rank for rank, metric in enumerate(Metric)}
    return sorted(TopUpRule.objects.all(), key=lambda rule: ranks[rule.metric])


def alert_rules() -> QuerySet[AlertRule]:
    """What is watched: the spend cap first, then by metric and threshold."""
    return AlertRule.objects.order_by("metric", "threshold_percent")


def access_alert_rule(rule_id: UUID) -> AlertRule:
    """One rule. Raises NotFound."""
    rule = AlertRule.objects.filter(pk=rule_id).first()
    if rule is None:
        raise NotFound("There is no such alert.")
    return rule


def firings() -> QuerySet[AlertFiring]:
    """Thresholds that were crossed, newest first."""
    return AlertFiring.objects.select_related("period").order_by("-created_at", "-id")


def unseen_full(at: datetime) -> AlertFiring | None:
    """A limit of the running period that is used up and that nobody has marked as seen; None when there is none."""
    running = firings().filter(period__starts_at__lte=at, period__ends_at__gt=at)
    return running.filter(threshold_percent__gte=100, seen_at=None).first()


def billing_profile() -> BillingProfile:
    """To whom the workspace wants its invoices addressed; an empty one where nobody has said."""
    return BillingProfile.objects.first() or BillingProfile()


def spend_cap() -> SpendCap | None:
    """The workspace's cap; None when it has none."""
    return SpendCap.objects.first()
