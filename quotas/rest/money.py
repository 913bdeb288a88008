"""REST: credit, and invoices with their files."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest.documents import paged, problems
from accounts.rest.views import WorkspaceView
from quotas import overview
from quotas.files import invoice_as
from quotas.models import CreditGrant
from quotas.rest.money_shapes import CreditOut, InvoiceDetailOut, InvoiceOut
from quotas.rest.renderers import CsvRenderer, PdfRenderer

_TAGS = ["Billing"]


class CreditsView(WorkspaceView):
    """The workspace's credit."""

    scopes = {"GET": "billing:read"}

    @extend_schema(operation_id="listCredits", tags=_TAGS, responses={200: paged(CreditOut), **problems(400, 401, 403, 429)})
    def get(self, request: Request) -> Response:
        """Every grant, newest first, with what is left of it."""
        return self.page(CreditGrant.objects.all(), CreditOut)


class InvoicesView(WorkspaceView):
    """The workspace's invoices."""

    scopes = {"GET": "billing:read"}

    @extend_schema(operation_id="listInvoices", tags=_TAGS, responses={200: paged(InvoiceOut), **problems(400, 401, 403, 429)})
    def get(self, request: Request) -> Response:
        """Issued invoices, newest first."""
        return self.page(overview.invoices(), InvoiceOut)


class InvoiceView(WorkspaceView):
    """One invoice."""

    scopes = {"GET": "billing:read"}
    renderer_classes = [JSONRenderer, PdfRenderer, CsvRenderer]

    @extend_schema(
        operation_id="getInvoice",
        tags=_TAGS,
        responses={
            (200, "application/json"): InvoiceDetailOut,
            (200, "application/pdf"): OpenApiTypes.BINARY,
            (200, "text/csv"): OpenApiTypes.STR,
            **problems(401, 403, 404, 429),
        },
    )
    def get(self, request: Request, invoice_id: UUID) -> HttpResponse:
        """One invoice with its lines; as a file where `Accept` asks for application/pdf or text/csv."""
        invoice = overview.access_invoice(invoice_id)
        kind = request.accepted_renderer.format
        return Response(InvoiceDetailOut(invoice).data) if kind == "json" else invoice_as(kind, invoice)


class InvoicePdf(WorkspaceView):
    """One invoice as PDF."""

    scopes = {"GET": "billing:read"}
    renderer_classes = [PdfRenderer]

    @extend_schema(
        operation_id="getInvoicePdf",
        tags=_TAGS,
        responses={(200, "application/pdf"): OpenApiTypes.BINARY, **problems(401, 403, 404, 429)},
    )
    def get(self, request: Request, invoice_id: UUID) -> HttpResponse:
        """The invoice as a PDF/A file."""
        return invoice_as("pdf", overview.access_invoice(invoice_id))


class InvoiceCsv(WorkspaceView):
    """One invoice as CSV."""

    scopes = {"GET": "billing:read"}
    renderer_classes = [CsvRenderer]

    @extend_schema(
        operation_id="getInvoiceCsv",
        tags=_TAGS,
        responses={(200, "text/csv"): OpenApiTypes.STR, **problems(401, 403, 404, 429)},
    )
    def get(self, request: Request, invoice_id: UUID) -> HttpResponse:
        """The invoice's lines."""
        return invoice_as("csv", overview.access_invoice(invoice_id))
