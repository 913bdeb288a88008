"""What happened, to look at: the ledger, holds, the workspaces' audit, and whether the counters agree with it all."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from accounts.models import AuditEntry
from accounts.operator import Page, ReadOnlyAdmin, site
from quotas.admin.cells import ShortCount
from quotas.checks import ledger_differences
from quotas.models import Reservation, UsageEntry


@admin.register(UsageEntry, site=site)
class UsageEntryAdmin(ReadOnlyAdmin):
    """Ids are in the order of time, and the primary key is an index that every partition has."""

    label = "Ledger"
    list_display = (
        "created_at", "workspace", "metric", "kind", "quantity", "provider", "sku", "provider_cost", "provider_currency",
    )  # fmt: skip
    list_filter = ("metric", "kind")
    list_select_related = ("workspace",)
    search_fields = ("=workspace__id", "=session_id", "=reservation__id")
    ordering = ("-id",)
    paginator = ShortCount


@admin.register(Reservation, site=site)
class ReservationAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "workspace", "metric", "state", "amount", "held", "used", "purpose", "lease_expires_at")
    list_filter = ("state", "metric")
    list_select_related = ("workspace",)
    search_fields = ("=workspace__id", "=subject_id", "key")
    ordering = ("-id",)
    paginator = ShortCount


@admin.register(AuditEntry, site=site)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Everything that people and keys did in their workspaces, the operators' changes among it."""

    label = "Audit of workspaces"
    list_display = ("created_at", "workspace", "action", "actor", "subject", "ip")
    list_select_related = ("workspace", "actor")
    search_fields = ("action", "subject", "=workspace__id", "actor__email")
    ordering = ("-id",)
    paginator = ShortCount


def differences_page(request: HttpRequest) -> HttpResponse:
    """Compare counters with the ledger now: what the nightly check does, when asked (it reads the whole ledger)."""
    found = ledger_differences() if "now" in request.GET else None
    context = site.each_context(request) | {"title": "Counters against the ledger", "differences": found}
    return TemplateResponse(request, "admin/operator/differences.html", context)


site.pages.append(
    Page(route="differences/", name="differences", label="Counters against the ledger", group="Records", view=differences_page)
)
