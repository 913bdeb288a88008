"""Workspaces: plan, use of the period, what it costs so far, what is owed; and everything an operator changes there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.models import Membership, Workspace
from accounts.operator import ReadOnlyAdmin, site
from accounts.tenancy import workspace_scope
from quotas.admin.cells import money
from quotas.admin.operations import OperationsMixin
from quotas.admin.terms import OPERATIONS
from quotas.billing.costs import CurrencyMismatch
from quotas.billing.drafting import charged_of, price_of
from quotas.metrics import Metric
from quotas.models import (
    Allowance,
    BillingPeriod,
    CreditGrant,
    Invoice,
    InvoiceState,
    SpendCap,
    Subscription,
    SubscriptionStatus,
)
from quotas.periods import open_period
from quotas.templatetags.units import amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A metric's line of the workspace's page, as text. `charge` empty: nothing is charged."""

    label: str
    used: str
    held: str
    included: str
    granted: str
    ceiling: str
    overrun: str
    charge: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A workspace as its page shows it."""

    subscription: Subscription
    period: BillingPeriod
    uses: list[Use]
    charge: str
    cap: str
    open_invoices: list[Invoice]
    grants: list[CreditGrant]


def standing_of(workspace: Workspace, at: datetime) -> Standing:
    """The workspace's period of `at`, opened if nothing has yet."""
    with workspace_scope(workspace.pk):
        period = BillingPeriod.objects.select_related("subscription__plan", "plan").get(pk=open_period(workspace.pk, at).pk)
        rows = {row.metric: row for row in Allowance.objects.filter(period=period).select_related("period")}
        rows |= {row.metric: row for row in Allowance.objects.filter(period=None)}
        charges = {metric: _charge(row) for metric, row in rows.items()}
        currency = period.plan.currency
        return Standing(
            subscription=period.subscription,
            period=period,
            uses=[_use(rows[metric], charges[metric], currency) for metric in Metric if metric in rows],
            charge=money(sum(charges.values()), currency),
            cap=", ".join(f"{money(cap.amount_minor, currency)} ({cap.action})" for cap in SpendCap.objects.all()) or "none",
            open_invoices=list(Invoice.objects.filter(state=InvoiceState.OPEN).order_by("due_at")),
            grants=list(CreditGrant.objects.filter(remaining__gt=0).order_by("priority", "expires_at", "id")),
        )


@admin.register(Workspace, site=site)
class WorkspaceAdmin(OperationsMixin, ReadOnlyAdmin):
    group = "Customers"
    comes_first = True
    change_form_template = "admin/operator/workspace.html"
    list_display = ("name", "plan", "status", "period_ends", "owed", "members", "created_at")
    search_fields = ("name", "=id")
    ordering = ("-created_at",)
    fields = ("id", "name", "created_at", "embed_origins")
    operations = OPERATIONS

    def workspace_of(self, target: Any) -> Any:
        return target.pk

    def get_queryset(self, request: HttpRequest) -> QuerySet[Workspace]:
        """With the plan's name and state, what is owed and how many people, each a subquery: no query a row."""
        own = {"workspace_id": OuterRef("pk")}
        live = Subscription.objects.filter(**own).exclude(status=SubscriptionStatus.CANCELED)
        period = BillingPeriod.objects.filter(**own, starts_at__lte=timezone.now(), ends_at__gt=timezone.now())
        owed = Invoice.objects.filter(**own, state=InvoiceState.OPEN).order_by().values("workspace_id")
        people = Membership.objects.filter(**own).order_by().values("workspace_id")
        rows: QuerySet[Workspace] = super().get_queryset(request)
        return rows.annotate(
            plan_name=Subquery(live.values("plan__name")[:1]),
            plan_currency=Subquery(live.values("plan__currency")[:1]),
            plan_status=Subquery(live.values("status")[:1]),
            period_end=Subquery(period.values("ends_at")[:1]),
            owed_minor=Subquery(owed.annotate(total=Sum("total_minor")).values("total")),
            people=Subquery(people.annotate(total=Count("pk")).values("total")),
        )  # fmt: skip

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        workspace = self.get_object(request, object_id)
        standing = standing_of(workspace, timezone.now()) if workspace else None
        return super().change_view(request, object_id, form_url, {"standing": standing} | (extra_context or {}))

    @admin.display(ordering="plan_name")
    def plan(self, row: Any) -> str:
        return row.plan_name or "Free (not used yet)"

    @admin.display(ordering="plan_status")
    def status(self, row: Any) -> str:
        return row.plan_status or "–"

    @admin.display(ordering="period_end")
    def period_ends(self, row: Any) -> datetime | None:
        return row.period_end  # type: ignore[no-any-return]

    @admin.display(ordering="owed_minor")
    def owed(self, row: Any) -> str:
        return money(row.owed_minor, row.plan_currency or "") if row.owed_minor else "–"

    @admin.display(ordering="people")
    def members(self, row: Any) -> int:
        return row.people or 0


def _charge(row: Allowance) -> int:
    """Minor units so far; what can't be priced for its currency counts nothing here and is refused at invoicing."""
    charged = charged_of(row, row.settled) if row.period else 0
    try:
        return price_of(row, charged) if charged else 0
    except CurrencyMismatch:
        return 0


def _use(row: Allowance, charge: int, currency: str) -> Use:
    metric = Metric(row.metric)
    used, held = (row.held, 0) if metric.is_gauge else (row.settled, row.held)
    return Use(
        label=str(metric.label),
        used=amount(used, metric.unit),
        held=amount(held, metric.unit) if held else "",
        included=amount(row.included, metric.unit),
        granted=amount(row.granted, metric.unit) if row.granted else "",
        ceiling=amount(row.ceiling, metric.unit),
        overrun=amount(row.overrun, metric.unit) if row.overrun else "",
        charge=money(charge, currency) if charge else "",
    )
