"""Shapes of usage on the REST API: the counters of now, and tables of what was used."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from accounts.rest.shapes import StrictSerializer
from quotas.breakdown import Dimension
from quotas.metrics import METERED, Metric

# What a caller groups by, and the ledger's name for it.
GROUPS: dict[str, Dimension] = {"day": "day", "metric": "metric", "avatar": "avatar", "key": "api_key_id"}
COUNTERS = [metric.value for metric in Metric if not metric.is_gauge]
MOST_ROWS, USUAL_ROWS = 1000, 100
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


@extend_schema_serializer(component_name="UsageRow")
class UsageRowOut(serializers.Serializer[Any]):
    """What was used by one combination. It has the members that were grouped by."""

    day = serializers.DateField(required=False, help_text="UTC")
    metric = serializers.ChoiceField(choices=COUNTERS, required=False)
    avatar = serializers.CharField(required=False, help_text="Empty: used without an avatar")
    key = serializers.UUIDField(required=False, allow_null=True, help_text="An API key's id; null: used by people in the studio")
    quantity = serializers.IntegerField()
    unit = serializers.ChoiceField(choices=sorted({metric.unit for metric in Metric if not metric.is_gauge}))

    def to_representation(self, instance: Any) -> dict[str, Any]:
        # A key of None is an answer; one that was not asked for is none.
        return {name: value for name, value in super().to_representation(instance).items() if name in instance}


TABLE = OpenApiExample(
    "By day and metric",
    response_only=True,
    value={
        "from": "2026-11-01",
        "to": "2026-11-02",
        "group_by": ["day", "metric"],
        "next": None,
        "results": [
            {"day": "2026-11-01", "metric": "avatar_ms", "quantity": 912_400, "unit": "ms"},
            {"day": "2026-11-02", "metric": "avatar_ms", "quantity": 1_204_000, "unit": "ms"},
        ],
    },
)


@extend_schema_serializer(component_name="UsageTable", examples=[TABLE])
class UsageTableOut(serializers.Serializer[Any]):
    """What was used between two days, both included, sorted by what it is grouped by."""

    to = serializers.DateField()
    group_by = serializers.ListField(child=serializers.ChoiceField(choices=list(GROUPS)))
    next = serializers.URLField(allow_null=True)
    results = UsageRowOut(many=True)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {"from": serializers.DateField()} | super().get_fields()


class UsageQueryIn(StrictSerializer):
    """The query of a table of usage."""

    to = serializers.DateField(required=False)
    metric = serializers.ChoiceField(choices=COUNTERS, required=False)
    avatar = serializers.CharField(required=False, allow_blank=True, max_length=40)
    api_key = serializers.UUIDField(required=False)
    group_by = serializers.CharField()
    cursor = serializers.CharField(required=False, max_length=400)
    limit = serializers.IntegerField(min_value=1, max_value=MOST_ROWS, default=USUAL_ROWS)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {"from": serializers.DateField(required=False)} | super().get_fields()

    def validate_group_by(self, text: str) -> list[str]:
        names = [name.strip() for name in text.split(",")]
        if len(set(names)) < len(names) or not set(names) <= GROUPS.keys():
            raise serializers.ValidationError(f"Name some of {', '.join(GROUPS)}, each once, with commas between them.")
        return names

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "metric" not in attrs["group_by"] and "metric" not in attrs:
            raise serializers.ValidationError(
                {"group_by": "Milliseconds and characters can't be added: group by metric, or choose one."}
            )
        return attrs
