"""The plan: what it includes, what more costs, and moving to another one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.pages import PageRequest, workspace_page
from accounts.tenancy import current_workspace_id
from quotas import overview
from quotas.billing.subscriptions import plan_cancel, plan_change, plan_resume
from quotas.billing.terms import base_price_of, billing_enabled, terms_of
from quotas.models import BillingPeriod
from quotas.pages.plan_table import interval_of, of_interval, own_lines, plan_lines
from quotas.periods import open_period
from quotas.previews import change_preview


@workspace_page("billing:read")
@require_GET
def billing(request: PageRequest) -> HttpResponse:
    """The plan now, and the others beside it; `?interval=year` compares what is paid by the year."""
    if not billing_enabled():
        return render(request, "billing/off.html")
    period = open_period(current_workspace_id(), timezone.now())
    return render(request, "billing/plan.html", _current(period) | _others(period, request))


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page("billing:write")
def plan_switch(request: PageRequest, code: str) -> HttpResponse:
    """What a change to another plan would cost now; posted, the change itself."""
    now = timezone.now()
    if request.method == "POST":
        subscription = plan_change(plan_code=code, at=now)
        waits = subscription.next_plan or subscription.cancel_at
        messages.success(
            request, "The plan changes when the period ends." if waits else f"You are on {subscription.plan.name} now."
        )
        return redirect("billing")
    period = open_period(current_workspace_id(), now)
    preview = change_preview(plan_code=code, at=now)
    return render(request, "billing/switch.html", {"preview": preview, "own": period.subscription.plan, "tab": "plan"})


@require_POST
@workspace_page("billing:write")
def plan_end(request: PageRequest) -> HttpResponse:
    subscription = plan_cancel()
    messages.success(request, f"{subscription.plan.name} ends on {subscription.cancel_at:%-d %B}. Until then everything stays.")
    return redirect("billing")


@require_POST
@workspace_page("billing:write")
def plan_keep(request: PageRequest) -> HttpResponse:
    subscription = plan_resume()
    messages.success(request, f"{subscription.plan.name} goes on.")
    return redirect("billing")


def _current(period: BillingPeriod) -> dict[str, Any]:
    subscription = period.subscription
    return {
        "subscription": subscription,
        "plan": subscription.plan,
        "period": period,
        "base_price_minor": base_price_of(subscription, subscription.plan),
        "own_terms": own_lines(terms_of(subscription, subscription.plan, is_trial=period.is_trial), subscription.plan.currency),
        "unpaid": list(overview.unpaid_invoices()),
        "now": timezone.now(),
        "tab": "plan",
    }


def _others(period: BillingPeriod, request: PageRequest) -> dict[str, Any]:
    own = period.subscription.plan
    interval = interval_of(request.GET.get("interval", ""), own)
    plans = of_interval(overview.offered_plans(), interval)
    can_write = request.access.allows("billing:write")
    return {
        "plans": plans,
        "lines": plan_lines(plans),
        "interval": interval,
        "can_write": can_write,
        "can_choose": can_write and not period.subscription.is_overdue,
    }
