"""The rules by which alerts fire: everyone starts with 50, 80 and 100 % of what can run out, and changes them at will."""

from __future__ import annotations

from uuid import UUID

from accounts import audit
from accounts.errors import Conflict, Invalid, NotFound
from quotas.metrics import GAUGES, Metric
from quotas.models import AlertRule

DEFAULT_THRESHOLDS = (50, 80, 100)
SPEND_CAP = ""  # the metric of rules that watch the spend cap
MAX_RULES = 200
MAX_PERCENT = 1000
# Seats and places are seen where they are taken; nobody wants a mail about the second of four.
_BY_DEFAULT = (SPEND_CAP, Metric.STORAGE_BYTES, *(metric for metric in Metric if metric not in GAUGES))


def add_default_rules() -> None:
    """For a workspace that begins."""
    AlertRule.objects.bulk_create(
        [
            AlertRule(metric=metric, threshold_percent=percent, is_default=True)
            for metric in _BY_DEFAULT
            for percent in DEFAULT_THRESHOLDS
        ],
        ignore_conflicts=True,
    )


def rule_add(*, metric: str, threshold_percent: int, by_mail: bool = True, by_webhook: bool = True) -> AlertRule:
    """Watch another share of a metric's limit, or of the spend cap (`metric` empty). Raises Invalid, Conflict."""
    if metric not in {SPEND_CAP, *Metric.values}:
        raise Invalid(f"There is no metric {metric}.", code="unknown_metric", field="metric")
    if not 1 <= threshold_percent <= MAX_PERCENT:
        raise Invalid(f"A threshold is 1 to {MAX_PERCENT} percent.", code="threshold_range", field="threshold_percent")
    if AlertRule.objects.filter(metric=metric, threshold_percent=threshold_percent).exists():
        raise Conflict("There is an alert at this threshold already.", code="alert_exists")
    if AlertRule.objects.count() >= MAX_RULES:
        raise Conflict(f"A workspace has at most {MAX_RULES} alerts.", code="too_many_alerts")
    rule = AlertRule.objects.create(metric=metric, threshold_percent=threshold_percent, by_mail=by_mail, by_webhook=by_webhook)
    audit.record("alert.added", subject=rule.pk, metric=metric, threshold_percent=threshold_percent)
    return rule


def rule_change(*, rule_id: UUID, by_mail: bool, by_webhook: bool) -> AlertRule:
    """Say where an alert is told. Raises NotFound."""
    rule = _rule(rule_id)
    rule.by_mail, rule.by_webhook = by_mail, by_webhook
    rule.save(update_fields=["by_mail", "by_webhook"])
    audit.record("alert.changed", subject=rule.pk, by_mail=by_mail, by_webhook=by_webhook)
    return rule


def rule_remove(*, rule_id: UUID) -> None:
    """Watch this threshold no longer. Raises NotFound."""
    rule = _rule(rule_id)
    rule.delete()
    audit.record("alert.removed", subject=rule_id, metric=rule.metric, threshold_percent=rule.threshold_percent)


def _rule(rule_id: UUID) -> AlertRule:
    rule = AlertRule.objects.filter(pk=rule_id).first()
    if rule is None:
        raise NotFound("There is no such alert.")
    return rule
