"""Credit and caps, to look at; credit is granted on the workspace's page."""

from __future__ import annotations

from django.contrib import admin

from accounts.operator import ReadOnlyAdmin, site
from quotas.admin.cells import ReadOnlyInline
from quotas.models import BillingPeriod, CreditEntry, CreditGrant, SpendCap


class EntryInline(ReadOnlyInline):
    model = CreditEntry
    fields = ("created_at", "kind", "amount", "invoice_id")
    ordering = ("id",)


@admin.register(CreditGrant, site=site)
class CreditGrantAdmin(ReadOnlyAdmin):
    group = "Billing"
    label = "Credit"
    list_display = ("created_at", "workspace", "metric", "currency", "amount", "remaining", "source", "expires_at", "reason")
    list_filter = ("source", "metric")
    list_select_related = ("workspace",)
    search_fields = ("workspace__name", "reason", "key")
    ordering = ("-id",)
    inlines = (EntryInline,)


@admin.register(SpendCap, site=site)
class SpendCapAdmin(ReadOnlyAdmin):
    group = "Billing"
    list_display = ("workspace", "amount_minor", "action", "created_at")
    list_select_related = ("workspace",)
    search_fields = ("workspace__name",)


@admin.register(BillingPeriod, site=site)
class BillingPeriodAdmin(ReadOnlyAdmin):
    group = "Billing"
    list_display = ("workspace", "plan", "starts_at", "ends_at", "state", "is_trial", "closed_at")
    list_filter = ("state", "is_trial")
    list_select_related = ("workspace", "plan")
    search_fields = ("workspace__name",)
    ordering = ("-ends_at",)
