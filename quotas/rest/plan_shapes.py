"""Shapes of plans, the subscription and its changes on the REST API. Money is whole minor units, like cents."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from accounts.rest.shapes import StrictSerializer
from quotas.metrics import Metric
from quotas.models import Interval, LineKind, Overage, Plan, PlanAllowance, Pricing, SubscriptionStatus

METRICS = [metric.value for metric in Metric]
LIVE = [status.value for status in SubscriptionStatus if status != SubscriptionStatus.CANCELED]


@extend_schema_serializer(component_name="PlanAllowance")
class PlanAllowanceOut(serializers.ModelSerializer[PlanAllowance]):
    """What a plan includes of a metric in a period, and what happens above it."""

    metric = serializers.ChoiceField(choices=METRICS)
    unit = serializers.SerializerMethodField()
    included = serializers.IntegerField(allow_null=True, help_text="null: without limit")
    overage = serializers.ChoiceField(choices=Overage.values)
    pricing = serializers.ChoiceField(choices=Pricing.values, help_text="Of use above `included`, where it is charged")
    unit_price = serializers.DecimalField(
        max_digits=20, decimal_places=12, allow_null=True, help_text="Minor units for `unit_size` units"
    )
    ceiling = serializers.IntegerField(allow_null=True, source="hard_limit", help_text="Where use stops; null: nowhere")

    class Meta:
        model = PlanAllowance
        fields = ("metric", "unit", "included", "overage", "pricing", "unit_price", "unit_size", "markup_bp", "ceiling")
        read_only_fields = fields

    def get_unit(self, row: PlanAllowance) -> str:
        return Metric(row.metric).unit


PLAN = OpenApiExample(
    "Starter",
    response_only=True,
    value={
        "code": "starter",
        "version": 1,
        "name": "Starter",
        "currency": "EUR",
        "base_price_minor": 4900,
        "interval": "month",
        "trial_days": 0,
        "allowances": [
            {
                "metric": "avatar_ms",
                "unit": "ms",
                "included": 36_000_000,
                "overage": "charge",
                "pricing": "unit",
                "unit_price": "10.000000000000",
                "unit_size": 60_000,
                "markup_bp": 0,
                "ceiling": 180_000_000,
            }
        ],
    },
)


@extend_schema_serializer(component_name="Plan", examples=[PLAN])
class PlanOut(serializers.ModelSerializer[Plan]):
    """One version of a plan. The base price is paid in advance, use in arrears."""

    interval = serializers.ChoiceField(choices=Interval.values)
    allowances = PlanAllowanceOut(many=True)

    class Meta:
        model = Plan
        fields = ("code", "version", "name", "currency", "base_price_minor", "interval", "trial_days", "allowances")
        read_only_fields = fields


@extend_schema_serializer(component_name="Plans")
class PlansOut(serializers.Serializer[Any]):
    """The plans on offer and the workspace's own, cheapest first."""

    results = PlanOut(many=True)


@extend_schema_serializer(component_name="PlanName")
class PlanNameOut(serializers.ModelSerializer[Plan]):
    class Meta:
        model = Plan
        fields = ("code", "version", "name")
        read_only_fields = fields


@extend_schema_serializer(component_name="Subscription")
class SubscriptionOut(serializers.Serializer[Any]):
    """The plan that a workspace is on, and what is planned for the end of its period."""

    plan = PlanNameOut()
    status = serializers.ChoiceField(choices=LIVE)
    currency = serializers.CharField()
    base_price_minor = serializers.IntegerField(help_text="For a whole period")
    interval = serializers.ChoiceField(choices=Interval.values)
    period_start = serializers.DateTimeField()
    period_end = serializers.DateTimeField()
    is_trial = serializers.BooleanField()
    next_plan = PlanNameOut(allow_null=True, help_text="Takes over when the period ends")
    cancel_at = serializers.DateTimeField(allow_null=True, help_text="When the workspace goes back to the free plan")
    grace_until = serializers.DateTimeField(allow_null=True, help_text="Overdue: until when everything still works")


@extend_schema_serializer(component_name="PlanChange")
class PlanChangeIn(StrictSerializer):
    plan = serializers.SlugField(max_length=40, help_text="A plan's code: GET /api/v1/plans")


@extend_schema_serializer(component_name="PreviewLine")
class PreviewLineOut(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=LineKind.values)
    description = serializers.CharField()
    amount_minor = serializers.IntegerField()
    starts_at = serializers.DateTimeField(allow_null=True)
    ends_at = serializers.DateTimeField(allow_null=True)


@extend_schema_serializer(component_name="PlanPreview")
class PlanPreviewOut(serializers.Serializer[Any]):
    """What a change of plan would do at this moment."""

    plan = PlanNameOut()
    effective_at = serializers.DateTimeField()
    is_trial = serializers.BooleanField()
    currency = serializers.CharField()
    lines = PreviewLineOut(many=True, help_text="Of the invoice that comes at once")
    subtotal_minor = serializers.IntegerField()
    tax_minor = serializers.IntegerField()
    total_minor = serializers.IntegerField()
    credited_minor = serializers.IntegerField(help_text="What becomes credit for the next invoice")
    next_base_minor = serializers.IntegerField(help_text="The base price that is due next")
    next_base_at = serializers.DateTimeField()
