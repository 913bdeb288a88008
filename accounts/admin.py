"""People, members and keys, for the operator to look at."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin

from accounts.models import ApiKey, Membership, User
from accounts.operator import ReadOnlyAdmin, site


@admin.register(User, site=site)
class UserAdmin(ReadOnlyAdmin):
    group = "Customers"
    list_display = ("email", "name", "is_active", "is_staff", "is_superuser", "date_joined", "last_login")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "name")
    ordering = ("-date_joined",)
    fields: ClassVar[tuple[str, ...]] = ("email", "name", "is_active", "is_staff", "is_superuser", "date_joined", "last_login")


@admin.register(Membership, site=site)
class MembershipAdmin(ReadOnlyAdmin):
    group = "Customers"
    list_display = ("workspace", "user", "role", "created_at")
    list_filter = ("role",)
    list_select_related = ("workspace", "user")
    search_fields = ("user__email", "workspace__name")
    ordering = ("-created_at",)


@admin.register(ApiKey, site=site)
class ApiKeyAdmin(ReadOnlyAdmin):
    group = "Customers"
    label = "API keys"
    list_display = ("prefix", "workspace", "name", "created_at", "expires_at", "last_used_at", "revoked_at")
    list_select_related = ("workspace",)
    search_fields = ("prefix", "name", "workspace__name")
    ordering = ("-created_at",)
    fields: ClassVar[tuple[str, ...]] = (
        "workspace", "prefix", "name", "scopes", "created_by", "created_at", "expires_at", "last_used_at", "revoked_at",
    )  # fmt: skip
