"""Alerts and caps: thresholds, what has fired, and what use above the included amounts may cost."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.pages import PageRequest, carried_out, workspace_page
from quotas import overview
from quotas.billing import alerts as firing_services
from quotas.billing import caps, rules
from quotas.metrics import Metric
from quotas.pages.forms import AlertForm, CapForm

_HISTORY = 50


@workspace_page("billing:read")
@require_GET
def alerts(request: PageRequest) -> HttpResponse:
    """What is watched, what has fired, and the spend cap."""
    return _page(request)


@require_POST
@workspace_page("billing:write")
def alert_add(request: PageRequest) -> HttpResponse:
    form = AlertForm(request.POST)
    if carried_out(form, rules.rule_add):
        messages.success(request, "The alert is set.")
        return redirect("alerts")
    return _page(request, alert_form=form)


@require_POST
@workspace_page("billing:write")
def alert_change(request: PageRequest, rule_id: UUID) -> HttpResponse:
    """Where it is told: the boxes that are ticked."""
    rules.rule_change(rule_id=rule_id, by_mail="by_mail" in request.POST, by_webhook="by_webhook" in request.POST)
    messages.success(request, "The alert is changed.")
    return redirect("alerts")


@require_POST
@workspace_page("billing:write")
def alert_remove(request: PageRequest, rule_id: UUID) -> HttpResponse:
    rules.rule_remove(rule_id=rule_id)
    messages.success(request, "The alert is removed.")
    return redirect("alerts")


@require_POST
@workspace_page("billing:write")
def alert_seen(request: PageRequest, firing_id: UUID) -> HttpResponse:
    """Mark a firing as seen; its banner is gone with that."""
    firing_services.mark_seen(firing_id=firing_id)
    return redirect("alerts")


@require_POST
@workspace_page("billing:write")
def cap_set(request: PageRequest) -> HttpResponse:
    form = CapForm(request.POST)
    if carried_out(form, caps.set_spend_cap):
        messages.success(request, "The spend cap is set.")
        return redirect("alerts")
    return _page(request, cap_form=form)


@require_POST
@workspace_page("billing:write")
def cap_remove(request: PageRequest) -> HttpResponse:
    caps.remove_spend_cap()
    messages.success(request, "The spend cap is removed.")
    return redirect("alerts")


def _page(request: PageRequest, **forms: Any) -> HttpResponse:
    cap, spent = overview.spend_cap(), caps.current_spend()
    shown = {
        "groups": _groups(),
        "firings": list(overview.firings()[:_HISTORY]),
        "cap": cap,
        "currency": overview.currency(),
        "spent": spent,
        "cap_percent": min(100, round(100 * spent / cap.amount_minor)) if cap and cap.amount_minor else 100,
        "alert_form": AlertForm(),
        "cap_form": CapForm.of(cap),
        "can_write": request.access.allows("billing:write"),
        "slice_seconds": settings.SESSION_SLICE_SECONDS,
        "tab": "alerts",
    }
    return render(request, "billing/alerts.html", shown | forms, status=400 if forms else 200)


def _groups() -> list[tuple[str, list[Any]]]:
    """The rules of each metric, with its name."""
    found: dict[str, list[Any]] = {}
    for rule in overview.alert_rules():
        found.setdefault(rule.metric, []).append(rule)
    return [(_name(metric), found[metric]) for metric in ["", *Metric.values] if metric in found]


def _name(metric: str) -> str:
    return str(Metric(metric).label) if metric else "Spend cap"
