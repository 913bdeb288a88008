"""Payment and credit: how the workspace pays, what credit is left, auto top-up, and the address of its invoices."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.pages import PageRequest, carried_out, workspace_page
from quotas import overview
from quotas.billing import topup
from quotas.billing.credits import money_left
from quotas.pages.forms import ProfileForm, TopUpForm
from quotas.payment.selectors import billing_overview
from quotas.payment.services import checkout_url, portal_url
from quotas.profiles import profile_save


@workspace_page("billing:read")
@require_GET
def billing_details(request: PageRequest) -> HttpResponse:
    """How it is paid, and from what."""
    return _page(request)


@require_POST
@workspace_page("billing:write")
def profile_change(request: PageRequest) -> HttpResponse:
    form = ProfileForm(request.POST)
    if carried_out(form, profile_save):
        messages.success(request, "Invoices are addressed so from now on.")
        return redirect("billing_details")
    return _page(request, profile_form=form)


@require_POST
@workspace_page("billing:write")
def payment_card(request: PageRequest) -> HttpResponse:
    """Off to the provider's page where a card is put on file."""
    return redirect(checkout_url(reverse("billing_details")))


@require_POST
@workspace_page("billing:write")
def payment_portal(request: PageRequest) -> HttpResponse:
    """Off to the provider's page where cards are changed."""
    return redirect(portal_url(reverse("billing_details")))


@require_POST
@workspace_page("billing:write")
def top_up_change(request: PageRequest) -> HttpResponse:
    form = TopUpForm(request.POST)
    if carried_out(form, topup.top_up_set):
        messages.success(request, "Credit is bought by itself from now on.")
        return redirect("billing_details")
    return _page(request, top_up_form=form)


@require_POST
@workspace_page("billing:write")
def top_up_end(request: PageRequest, metric: str) -> HttpResponse:
    topup.top_up_remove(metric=metric)
    messages.success(request, "Nothing is bought by itself any more.")
    return redirect("billing_details")


def _page(request: PageRequest, **forms: Any) -> HttpResponse:
    now, currency, profile = timezone.now(), overview.currency(), overview.billing_profile()
    shown = {
        "payment": billing_overview(),
        "names_bank": bool(settings.INVOICE_ISSUER_BANK),
        "grants": list(overview.grants(now)),
        "money_left": money_left(currency=currency, at=now),
        "currency": currency,
        "top_ups": overview.top_up_rules(),
        "profile": profile,
        "profile_form": ProfileForm.of(profile),
        "top_up_form": TopUpForm(),
        "can_write": request.access.allows("billing:write"),
        "tab": "details",
    }
    return render(request, "billing/details.html", shown | forms, status=400 if forms else 200)
