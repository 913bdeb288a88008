"""REST: what the workspace may use now, of each metric."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest.documents import problems
from accounts.rest.views import WorkspaceView
from quotas.billing.entitlements import entitlements
from quotas.metrics import Metric
from quotas.models import Overage
from quotas.rest.plan_shapes import LIVE

_EXAMPLE = OpenApiExample(
    "Avatar time on a paid plan",
    response_only=True,
    value={
        "metric": "avatar_ms",
        "unit": "ms",
        "is_available": True,
        "limit": 180_000_000,
        "used": 37_200_000,
        "held": 20_000,
        "remaining": 142_780_000,
        "included": 36_000_000,
        "granted": 0,
        "overrun": 0,
        "overage": "charge",
        "unit_price": "10.000000000000",
        "unit_size": 60_000,
        "currency": "EUR",
        "resets_at": "2026-12-01T00:00:00Z",
    },
)


@extend_schema_serializer(component_name="Entitlement", examples=[_EXAMPLE])
class EntitlementOut(serializers.Serializer[Any]):
    """What may be used of a metric, as whole numbers of its unit: included + granted is free, `limit` is where it stops."""

    metric = serializers.ChoiceField(choices=[metric.value for metric in Metric])
    unit = serializers.ChoiceField(choices=sorted({metric.unit for metric in Metric}))
    is_available = serializers.BooleanField(help_text="Whether any more may be used now")
    limit = serializers.IntegerField(allow_null=True, help_text="null: without limit")
    used = serializers.IntegerField()
    held = serializers.IntegerField(help_text="Taken by what is running now")
    remaining = serializers.IntegerField(allow_null=True, help_text="null: without limit")
    included = serializers.IntegerField(allow_null=True)
    granted = serializers.IntegerField(help_text="Free on top, from credit")
    overrun = serializers.IntegerField(help_text="Used above the limit: counted, never billed")
    overage = serializers.ChoiceField(choices=Overage.values)
    unit_price = serializers.DecimalField(
        max_digits=20, decimal_places=12, allow_null=True, help_text="Minor units for `unit_size` units above the free ones"
    )
    unit_size = serializers.IntegerField()
    currency = serializers.CharField()
    resets_at = serializers.DateTimeField(allow_null=True, help_text="null: a level that has no period")


@extend_schema_serializer(component_name="Entitlements")
class EntitlementsOut(serializers.Serializer[Any]):
    plan = serializers.CharField(help_text="The plan's code")
    status = serializers.ChoiceField(choices=LIVE)
    results = EntitlementOut(many=True)


class EntitlementsView(WorkspaceView):
    """What may be used."""

    scopes = {"GET": "usage:read"}

    @extend_schema(operation_id="getEntitlements", tags=["Usage"], responses={200: EntitlementsOut, **problems(401, 403, 429)})
    def get(self, request: Request) -> Response:
        """What the workspace may use now of each metric, whatever plan, credit and standing it comes from."""
        found = entitlements()
        return Response(EntitlementsOut({"plan": found[0].plan_code, "status": found[0].status, "results": found}).data)
