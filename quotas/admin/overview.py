"""The overview's figures: what wants an operator's attention."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Sum
from django.urls import reverse
from django.utils import timezone

from accounts.models import Workspace
from accounts.operator import Figure, site
from quotas.admin.cells import money
from quotas.billing.margin import unpriced
from quotas.models import (
    OVERDUE,
    Allowance,
    BillingPeriod,
    Invoice,
    InvoiceState,
    PeriodState,
    ProviderStatement,
    StatementState,
    StripeEvent,
    Subscription,
)

_LATE = timedelta(hours=2)  # the clock closes a period within an hour of its end
_RECENT = timedelta(days=30)


def figures() -> Iterator[Figure]:
    """In the order of what is most urgent last: customers, money, then what is stuck."""
    now = timezone.now()
    yield Figure(value=str(Workspace.objects.count()), label="workspaces", url=_list("accounts_workspace"))
    for row in Invoice.objects.filter(state=InvoiceState.OPEN).values("currency").annotate(total=Sum("total_minor")):
        yield Figure(
            value=money(row["total"], row["currency"]), label="open invoices", url=_list("quotas_invoice", "state__exact=open")
        )
    overdue = Subscription.objects.filter(status__in=OVERDUE)
    yield _watched(overdue.count(), "overdue workspaces", _list("quotas_invoice", "state__exact=open"))
    late = BillingPeriod.objects.filter(ends_at__lt=now - _LATE).exclude(state=PeriodState.CLOSED)
    yield _watched(late.count(), "periods not closed in time", _list("quotas_billingperiod", "state__exact=closing"))
    overrun = Allowance.objects.filter(overrun__gt=0, period__ends_at__gt=now)
    yield _watched(overrun.count(), "limits overrun in running periods", _list("accounts_workspace"))
    failed = StripeEvent.objects.filter(processed_at=None).exclude(error="")
    yield _watched(failed.count(), "failed Stripe events", _list("quotas_stripeevent", "is=failed"))
    differing = ProviderStatement.objects.filter(state=StatementState.DIFFERS)
    yield _watched(differing.count(), "statements that differ", _list("quotas_providerstatement", "state__exact=differs"))
    missing = unpriced(start=now - _RECENT, end=now)
    yield _watched(len(missing), "skus used without a rate", reverse("admin:margin", current_app=site.name))


def _watched(count: int, label: str, url: str) -> Figure:
    return Figure(value=str(count), label=label, url=url, wants_attention=count > 0)


def _list(name: str, query: str = "") -> str:
    return reverse(f"admin:{name}_changelist", current_app=site.name) + (f"?{query}" if query else "")


site.figures.append(figures)
