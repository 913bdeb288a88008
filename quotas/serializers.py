"""Shapes of what the REST API tells about usage."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from quotas.metrics import METERED

_UNITS = sorted({metric.unit for metric in METERED})


@extend_schema_serializer(component_name="MetricUsage")
class MetricUsageOut(serializers.Serializer[Any]):
    """One metric's counters, as whole numbers of its unit."""

    metric = serializers.ChoiceField(choices=[metric.value for metric in METERED])
    unit = serializers.ChoiceField(choices=_UNITS)
    limit = serializers.IntegerField(allow_null=True, help_text="null: without limit")
    used = serializers.IntegerField()
    held = serializers.IntegerField(help_text="Taken by what is running now; counts against the limit until it is settled")
    remaining = serializers.IntegerField(allow_null=True, help_text="limit − used − held; null: without limit")
    percent = serializers.IntegerField(help_text="used of limit, rounded down")
    resets_at = serializers.DateTimeField(allow_null=True, help_text="null: counts what runs now, so it has no period")


@extend_schema_serializer(component_name="Usage")
class UsageOut(serializers.Serializer[Any]):
    """What the workspace has used in the current period of its plan."""

    plan = serializers.CharField()
    period_start = serializers.DateTimeField()
    period_end = serializers.DateTimeField()
    metrics = MetricUsageOut(many=True)
