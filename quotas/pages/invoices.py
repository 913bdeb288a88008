"""Invoices: the list, one in the frame or as a sheet to print, its files, and the one that is growing."""

from __future__ import annotations

from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.pages import PageRequest, workspace_page
from quotas import overview
from quotas.billing.documents import document_of, invoice_html
from quotas.billing.exports import invoices_csv
from quotas.files import invoice_as
from quotas.payment.selectors import billing_overview
from quotas.payment.services import invoice_page_url
from quotas.previews import upcoming

_PAGE = 50


@workspace_page("billing:read")
@require_GET
def invoices(request: PageRequest) -> HttpResponse:
    """Newest first, below what the running period has come to."""
    page = Paginator(overview.invoices().select_related("period"), _PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "upcoming": upcoming(timezone.now()), "now": timezone.now(), "tab": "invoices"}
    return render(request, "billing/invoices.html", context)


@workspace_page("billing:read")
@require_GET
def invoice_upcoming(request: PageRequest) -> HttpResponse:
    """What the running period would cost if it ended now."""
    return render(request, "billing/upcoming.html", {"upcoming": upcoming(timezone.now()), "tab": "invoices"})


@workspace_page("billing:read")
@require_GET
def invoice(request: PageRequest, invoice_id: UUID) -> HttpResponse:
    """One invoice; a 404 for a stranger's."""
    found = overview.access_invoice(invoice_id)
    is_open = {one.invoice.pk: one for one in billing_overview().open_invoices}
    context = {"invoice": found, "document": document_of(found), "waiting": is_open.get(found.pk), "now": timezone.now()}
    return render(request, "billing/invoice.html", context | {"can_write": request.access.allows("billing:write")})


@workspace_page("billing:read")
@require_GET
def invoice_sheet(request: PageRequest, invoice_id: UUID) -> HttpResponse:
    """The invoice alone, to be printed."""
    return HttpResponse(invoice_html(overview.access_invoice(invoice_id)))


@workspace_page("billing:read")
@require_GET
def invoice_file(request: PageRequest, invoice_id: UUID, kind: str) -> HttpResponse:
    """The invoice as a file to keep: pdf, csv or json."""
    return invoice_as(kind, overview.access_invoice(invoice_id))


@workspace_page("billing:read")
@require_GET
def invoices_file(request: PageRequest) -> HttpResponse:
    """Every invoice, a row a line, for the bookkeeper."""
    response = HttpResponse(invoices_csv(overview.invoices()), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="invoices.csv"'
    return response


@require_POST
@workspace_page("billing:write")
def invoice_pay(request: PageRequest, invoice_id: UUID) -> HttpResponse:
    """Off to the provider's page for this invoice."""
    overview.access_invoice(invoice_id)
    return redirect(invoice_page_url(invoice_id=invoice_id, return_url=reverse("invoice", args=[invoice_id])))
