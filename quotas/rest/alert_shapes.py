"""Shapes of alerts, their firings and the spend cap on the REST API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from accounts.rest.shapes import StrictSerializer
from quotas.billing.rules import MAX_PERCENT, SPEND_CAP
from quotas.metrics import Metric
from quotas.models import AlertFiring, AlertRule, CapAction

CAP = "spend_cap"
WATCHED = [*(metric.value for metric in Metric), CAP]


class WatchedField(serializers.ChoiceField):
    """A metric, or `spend_cap` where the tables say nothing."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=WATCHED, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        value: str = super().to_internal_value(data)
        return SPEND_CAP if value == CAP else value

    def to_representation(self, value: Any) -> str:
        return value or CAP


@extend_schema_serializer(component_name="Alert")
class AlertOut(serializers.ModelSerializer[AlertRule]):
    """A threshold that is watched: told once in a period, when this share of the limit is used."""

    metric = WatchedField()

    class Meta:
        model = AlertRule
        fields = ("id", "created_at", "metric", "threshold_percent", "by_mail", "by_webhook", "is_default")
        read_only_fields = fields


@extend_schema_serializer(component_name="NewAlert")
class AlertIn(StrictSerializer):
    metric = WatchedField()
    threshold_percent = serializers.IntegerField(min_value=1, max_value=MAX_PERCENT)
    by_mail = serializers.BooleanField(default=True)
    by_webhook = serializers.BooleanField(default=True)


@extend_schema_serializer(component_name="AlertChange")
class AlertChangeIn(StrictSerializer):
    by_mail = serializers.BooleanField(required=False)
    by_webhook = serializers.BooleanField(required=False)


@extend_schema_serializer(component_name="AlertFiring")
class FiringOut(serializers.ModelSerializer[AlertFiring]):
    """A threshold that was crossed. Of the spend cap, `used` and `limit` are minor units."""

    metric = WatchedField()
    seen_at = serializers.DateTimeField(allow_null=True)
    period_start = serializers.DateTimeField(source="period.starts_at")
    period_end = serializers.DateTimeField(source="period.ends_at")

    class Meta:
        model = AlertFiring
        fields = ("id", "created_at", "metric", "threshold_percent", "used", "limit", "period_start", "period_end", "seen_at")
        read_only_fields = fields


@extend_schema_serializer(component_name="SpendCapSetting")
class CapIn(StrictSerializer):
    amount_minor = serializers.IntegerField(min_value=0, max_value=10**12, help_text="What a period's extra use may cost")
    action = serializers.ChoiceField(choices=CapAction.values, default=CapAction.STOP.value)


@extend_schema_serializer(component_name="SpendCap")
class CapOut(serializers.Serializer[Any]):
    """What use above the included amounts may cost in a period, and costs so far. null: no cap is set."""

    amount_minor = serializers.IntegerField(allow_null=True)
    action = serializers.ChoiceField(choices=CapAction.values, allow_null=True)
    spent_minor = serializers.IntegerField()
    currency = serializers.CharField()
