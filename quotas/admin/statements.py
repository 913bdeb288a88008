"""Providers' statements: imported as CSV, held against the ledger, accepted where they differ."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.errors import Problem
from accounts.operator import ReadOnlyAdmin, may_change, site
from quotas.admin.cells import ReadOnlyInline
from quotas.admin.operations import Operation, OperationForm, OperationsMixin, Values
from quotas.admin.trail import note
from quotas.billing.reconciliation import accept, delta_of, reconcile
from quotas.billing.statements import StatementHead, import_statement
from quotas.models import ProviderCostAdjustment, ProviderStatement, ProviderStatementLine, StatementState

_MOST_BYTES = 2_000_000
_DAY = forms.DateInput(attrs={"type": "date"})


class StatementForm(OperationForm):
    """A statement's head and its file. `until` is the day after the last one."""

    provider = forms.CharField(max_length=40)
    number = forms.CharField(max_length=80, help_text="The provider's own.")
    starts_on = forms.DateField(label="From", widget=_DAY)
    ends_on = forms.DateField(label="Until", widget=_DAY, help_text="The day after the last one (UTC).")
    currency = forms.CharField(max_length=3, min_length=3, initial="EUR")
    tolerance_bp = forms.IntegerField(
        label="Tolerance", min_value=0, max_value=10_000, initial=100, help_text="In hundredths of a percent."
    )
    file = forms.FileField(help_text="CSV: sku, metric, quantity (smallest unit), cost (major units).")

    def clean_file(self) -> str:
        """The file's text."""
        file = self.cleaned_data["file"]
        if file.size > _MOST_BYTES:
            raise forms.ValidationError("The file is larger than 2 MB.")
        try:
            return str(file.read(), "utf-8")
        except UnicodeDecodeError as error:
            raise forms.ValidationError("The file is not UTF-8 text.") from error

    def head(self) -> StatementHead:
        values = self.cleaned_data
        return StatementHead(
            provider=values["provider"],
            number=values["number"],
            starts_at=datetime.combine(values["starts_on"], time(), UTC),
            ends_at=datetime.combine(values["ends_on"], time(), UTC),
            currency=values["currency"].upper(),
            tolerance_bp=values["tolerance_bp"],
        )


def compare(statement: ProviderStatement, values: Values) -> Mapping[str, Any]:
    deltas = reconcile(statement)
    return {"state": statement.state, "off": [f"{delta.sku} {delta.metric}".strip() for delta in deltas if not delta.within]}


def take(statement: ProviderStatement, values: Values) -> Mapping[str, Any]:
    return {"adjustments": [{"sku": one.sku, "metric": one.metric, "amount": one.amount} for one in accept(statement)]}


class LineInline(ReadOnlyInline):
    model = ProviderStatementLine
    ordering = ("metric", "sku")
    fields = ("sku", "metric", "quantity", "expected_quantity", "cost", "expected_cost", "off")

    def off(self, line: ProviderStatementLine) -> str:
        if line.expected_quantity is None:
            return "not compared yet"
        delta = delta_of(line, line.statement.tolerance_bp)
        return "" if delta.within else f"{delta.quantity_delta:+} units, {delta.cost_delta.normalize():+f}"


@admin.register(ProviderStatement, site=site)
class ProviderStatementAdmin(OperationsMixin, ReadOnlyAdmin):
    group = "Offers and costs"
    list_display = ("provider", "number", "starts_at", "ends_at", "currency", "state", "created_at")
    list_display_links = ("number",)
    list_filter = ("state", "provider")
    search_fields = ("provider", "number")
    ordering = ("-starts_at",)
    inlines = (LineInline,)
    operations = (
        Operation(
            name="statement_reconciled",
            label="Compare with the ledger",
            act=compare,
            explains="Quantity and cost of each sku and metric, against everything that was used in the statement's time.",
            is_offered=lambda statement: statement.state != StatementState.ACCEPTED,
        ),
        Operation(
            name="statement_accepted",
            label="Accept the difference",
            act=take,
            explains="What the provider took beyond our costs is entered as adjustments. The ledger stays as it is.",
            is_offered=lambda statement: statement.state == StatementState.DIFFERS,
        ),
    )

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return may_change(request.user)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The page of the import, in the place of a form for an empty row."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = StatementForm(request.POST or None, request.FILES or None, target=None)
        if request.method == "POST" and form.is_valid():
            try:
                statement = import_statement(head=form.head(), text=form.cleaned_data["file"])
            except Problem as problem:
                form.add_error("file", problem.detail)
            else:
                note("statement_imported", reason=form.cleaned_data["reason"], subject=statement.pk, statement=str(statement))
                messages.success(request, "Imported; now compare it with the ledger.")
                return redirect("admin:quotas_providerstatement_change", statement.pk)
        context = self.admin_site.each_context(request) | {
            "title": "Import a statement",
            "operation": {"label": "Import a statement"},
            "form": form,
            "opts": self.opts,
            "back": reverse("admin:quotas_providerstatement_changelist"),
        }
        return TemplateResponse(request, "admin/operator/operation.html", context)


@admin.register(ProviderCostAdjustment, site=site)
class ProviderCostAdjustmentAdmin(ReadOnlyAdmin):
    group = "Offers and costs"
    list_display = ("occurred_at", "provider", "sku", "metric", "amount", "currency", "created_at")
    list_filter = ("provider", "metric")
    ordering = ("-id",)
