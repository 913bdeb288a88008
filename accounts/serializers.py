"""Shapes of what the REST API takes and gives about access, keys and audit."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from accounts.models import ApiKey, AuditEntry
from accounts.names import NAME_LENGTH
from accounts.scopes import KEY_SCOPES


@extend_schema_serializer(component_name="WorkspaceName")
class WorkspaceOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()


@extend_schema_serializer(component_name="Caller")
class CallerOut(serializers.Serializer[Any]):
    """Who asks: a person (with role and address) or a key."""

    kind = serializers.ChoiceField(choices=["person", "key"])
    id = serializers.UUIDField()
    role = serializers.CharField(allow_null=True)
    email = serializers.EmailField(allow_null=True)


@extend_schema_serializer(component_name="RateLimit")
class RateLimitOut(serializers.Serializer[Any]):
    limit = serializers.IntegerField(help_text="Requests per window")
    window_seconds = serializers.IntegerField()
    remaining = serializers.IntegerField()


@extend_schema_serializer(component_name="Me")
class MeOut(serializers.Serializer[Any]):
    workspace = WorkspaceOut()
    caller = CallerOut()
    scopes = serializers.ListField(child=serializers.CharField())
    rate_limit = RateLimitOut()


@extend_schema_serializer(component_name="Key")
class KeyIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=NAME_LENGTH)
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=sorted(KEY_SCOPES)), allow_empty=False, max_length=50)
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


@extend_schema_serializer(component_name="Key")
class KeyOut(serializers.ModelSerializer[ApiKey]):
    """A key without its secret."""

    scopes = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = ApiKey
        fields: tuple[str, ...] = ("id", "name", "prefix", "scopes", "created_at", "expires_at", "last_used_at")
        read_only_fields = fields


@extend_schema_serializer(component_name="CreatedKey")
class CreatedKeyOut(KeyOut):
    """A new key with its secret: this answer is the only place where it appears."""

    secret = serializers.CharField()

    class Meta(KeyOut.Meta):
        fields: tuple[str, ...] = (*KeyOut.Meta.fields, "secret")
        read_only_fields = fields


@extend_schema_serializer(component_name="AuditEntry")
class AuditEntryOut(serializers.ModelSerializer[AuditEntry]):
    actor_id = serializers.UUIDField(allow_null=True)
    api_key_id = serializers.UUIDField(allow_null=True)
    details = serializers.DictField(source="data")

    class Meta:
        model = AuditEntry
        fields = ("id", "created_at", "action", "subject", "actor_id", "api_key_id", "details", "ip", "request_id")
        read_only_fields = fields
