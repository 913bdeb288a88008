"""Alerts: each threshold of each limit, and of the spend cap, is told once a period, however many notice it at once.

A metric's limit is what is free of charge, or else where its use stops; of a gauge, its places. The unique row of a firing
decides who tells. The mail is asked for once that row is committed, and again by the clock until it was sent.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.errors import NotFound
from accounts.tenancy import current_workspace_id, unscoped
from accounts.webhooks.services import publish
from quotas import statements
from quotas.billing.alert_mail import mail_alerts
from quotas.billing.caps import spend_of
from quotas.billing.rounds import in_each
from quotas.billing.rules import SPEND_CAP
from quotas.metrics import GAUGES, Metric
from quotas.models import AlertFiring, AlertRule, Allowance, BillingPeriod, CapAction, SpendCap
from quotas.periods import open_period

logger = logging.getLogger(__name__)
_REACHED = 100
_WAIT, _AGAIN, _GIVE_UP = timedelta(minutes=10), timedelta(hours=1), timedelta(days=3)
_FORGOTTEN = """
UPDATE quotas_alertfiring SET mail_due_at = %(again)s WHERE id IN (
    SELECT id FROM quotas_alertfiring WHERE mail_due_at <= %(now)s AND mailed_at IS NULL AND created_at > %(given_up)s
    ORDER BY mail_due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
RETURNING workspace_id, id
"""

# Crossed and not told yet: rules against the counters of current periods.
_CROSSED = """
WITH current AS (
    SELECT id, workspace_id FROM quotas_billingperiod
    WHERE state <> 'closed' AND starts_at <= %(now)s AND ends_at > %(now)s
      AND (%(workspace)s::uuid IS NULL OR workspace_id = %(workspace)s::uuid)
), watched AS (
    SELECT c.workspace_id, c.id AS period_id, a.metric, a.settled AS used, a.included, a.granted, a.overage, a.ceiling
    FROM current c JOIN quotas_allowance a ON a.period_id = c.id AND a.workspace_id = c.workspace_id
    UNION ALL
    SELECT c.workspace_id, c.id, a.metric, a.held, a.included, a.granted, a.overage, a.ceiling
    FROM current c JOIN quotas_allowance a USING (workspace_id) WHERE a.metric = ANY(%(gauges)s)
), limited AS (
    SELECT *, CASE WHEN included IS NOT NULL AND included + granted > 0 THEN included + granted
                   WHEN overage = 'charge' THEN ceiling END AS most
    FROM watched WHERE used > 0
), crossed AS (
    SELECT w.*, r.threshold_percent FROM limited w JOIN quotas_alertrule r USING (workspace_id, metric)
    WHERE w.most > 0 AND w.used::numeric * 100 >= w.most::numeric * r.threshold_percent
      AND NOT EXISTS (SELECT FROM quotas_alertfiring f WHERE (f.workspace_id, f.period_id, f.metric, f.threshold_percent)
                      = (w.workspace_id, w.period_id, w.metric, r.threshold_percent))
)
"""
_FIRE = f"""{_CROSSED}
INSERT INTO quotas_alertfiring (id, created_at, workspace_id, period_id, metric, threshold_percent, used, "limit")
SELECT gen_random_uuid(), %(now)s, workspace_id, period_id, metric, threshold_percent, used, most FROM crossed
ON CONFLICT DO NOTHING
RETURNING id
"""  # noqa: S608  (our own text)
# What the cap's thresholds are held against is rounded for each metric, as on the invoice: look where it may be reached. Use
# at cost is summed there, too.
_WAITING = f"""{_CROSSED}
SELECT workspace_id FROM (
SELECT workspace_id FROM crossed
UNION
SELECT c.workspace_id FROM current c JOIN quotas_spendcap s USING (workspace_id)
JOIN quotas_alertrule r ON r.workspace_id = c.workspace_id AND r.metric = ''
CROSS JOIN LATERAL (
    SELECT sum((settled - included - granted) * unit_price / unit_size + 1) AS about, bool_or(pricing = 'cost_plus') AS at_cost
    FROM quotas_allowance a
    WHERE a.period_id = c.id AND a.workspace_id = c.workspace_id AND overage = 'charge' AND settled > included + granted
) spent
WHERE s.amount_minor > 0 AND (spent.at_cost OR spent.about * 100 >= s.amount_minor::numeric * r.threshold_percent)
  AND NOT EXISTS (SELECT FROM quotas_alertfiring f WHERE f.period_id = c.id AND f.metric = ''
                  AND f.threshold_percent = r.threshold_percent)
) waiting
WHERE workspace_id > %(after)s ORDER BY workspace_id LIMIT %(limit)s
"""  # noqa: S608  (our own text)


def evaluate_alerts(*, at: datetime | None = None) -> list[AlertFiring]:
    """Tell of every threshold, the cap's too, that the open scope's workspace has crossed since."""
    at = at or timezone.now()
    return _told([*_fired(at), *_fired_by_cap(at)])


def evaluate_all(*, now: datetime, limit: int = 500) -> int:
    """`evaluate_alerts` wherever something is to be told, `limit` workspaces at a time; how many alerts that were. Runs
    outside of any scope."""
    told, after = 0, UUID(int=0)
    while waiting := _waiting(now, after, limit):
        told += in_each(waiting, lambda _: len(evaluate_alerts(at=now)))
        after = waiting[-1]
    return told


def _waiting(now: datetime, after: UUID, limit: int) -> list[UUID]:
    with unscoped("limits are crossed in any workspace"):
        rows = statements.rows(_WAITING, _params(now) | {"after": after, "limit": limit})
    return [row["workspace_id"] for row in rows]


def mail_forgotten(*, now: datetime, limit: int = 500) -> int:
    """Ask again for mails that nobody has sent 10 minutes after their alert, once an hour, for three days; for how many
    alerts. Runs outside of any scope."""
    params = {"now": now, "again": now + _AGAIN, "given_up": now - _GIVE_UP, "limit": limit}
    with unscoped("alerts of any workspace may not have been mailed"):
        rows = statements.rows(_FORGOTTEN, params)
    waiting: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows:
        waiting[str(row["workspace_id"])].append(str(row["id"]))
    for workspace_id, firing_ids in waiting.items():
        _send(workspace_id, firing_ids)
    return len(rows)


def mark_seen(*, firing_id: UUID, at: datetime | None = None) -> None:
    """Take an alert off the pages. Raises NotFound."""
    found = AlertFiring.objects.filter(pk=firing_id)
    if not found.exists():
        raise NotFound("There is no such alert.")
    found.filter(seen_at=None).update(seen_at=at or timezone.now())


def _fired(at: datetime) -> list[AlertFiring]:
    made = [row["id"] for row in statements.rows(_FIRE, _params(at) | {"workspace": current_workspace_id()})]
    return list(AlertFiring.objects.filter(pk__in=made)) if made else []


def _params(at: datetime) -> dict[str, Any]:
    return {"now": at, "workspace": None, "gauges": sorted(GAUGES)}


def _fired_by_cap(at: datetime) -> list[AlertFiring]:
    cap = SpendCap.objects.filter(amount_minor__gt=0).first()
    if cap is None:
        return []
    period = open_period(current_workspace_id(), at)
    told = set(AlertFiring.objects.filter(period=period, metric=SPEND_CAP).values_list("threshold_percent", flat=True))
    thresholds = set(AlertRule.objects.filter(metric=SPEND_CAP).values_list("threshold_percent", flat=True)) - told
    spent = spend_of(period) if thresholds else 0
    due = [percent for percent in sorted(thresholds) if spent and spent * 100 >= percent * cap.amount_minor]
    rows = [
        AlertFiring(period=period, metric=SPEND_CAP, threshold_percent=percent, used=spent, limit=cap.amount_minor)
        for percent in due
    ]
    AlertFiring.objects.bulk_create(rows, ignore_conflicts=True)
    return list(AlertFiring.objects.filter(pk__in=[row.pk for row in rows]))


def _told(fired: Sequence[AlertFiring]) -> list[AlertFiring]:
    """Webhooks for each; one mail a metric, about its highest threshold. All of it once this transaction has committed."""
    fired = sorted(fired, key=lambda row: (row.metric, row.threshold_percent))
    rules = {(rule.metric, rule.threshold_percent): rule for rule in AlertRule.objects.all()} if fired else {}
    for row in fired:
        if rules[row.metric, row.threshold_percent].by_webhook:
            _publish(row)
    mailed = {row.metric: row.pk for row in fired if rules[row.metric, row.threshold_percent].by_mail}
    _mail(mailed.values())
    return list(fired)


def _publish(row: AlertFiring) -> None:
    data = {
        "metric": row.metric or None,
        "spend_cap": row.metric == SPEND_CAP,
        "threshold_percent": row.threshold_percent,
        "used": row.used,
        "limit": row.limit,
        "period_id": row.period_id,
        "period_ends_at": row.period.ends_at,
    }
    publish("quota.threshold", data)
    if row.threshold_percent == _REACHED and _is_exhausted(row, row.period):
        publish("quota.exhausted", data)


def _is_exhausted(row: AlertFiring, period: BillingPeriod) -> bool:
    """Whether use stops here: it doesn't where what is above the limit is charged."""
    if row.metric == SPEND_CAP:
        return SpendCap.objects.filter(action=CapAction.STOP).exists()
    allowance = Allowance.objects.get(metric=row.metric, period=None if Metric(row.metric).is_gauge else period)
    return allowance.ceiling is not None and allowance.ceiling <= allowance.settled + allowance.held


def _mail(firing_ids: Iterable[UUID]) -> None:
    workspace_id = str(current_workspace_id())
    chosen = [str(firing) for firing in firing_ids]
    if chosen:
        AlertFiring.objects.filter(pk__in=chosen).update(mail_due_at=F("created_at") + _WAIT)
        transaction.on_commit(lambda: _send(workspace_id, chosen))


def _send(workspace_id: str, firing_ids: Sequence[str]) -> None:
    """One that the queue does not take is logged: `mail_forgotten` asks for it again."""
    try:
        mail_alerts.send(workspace_id, list(firing_ids))
    except Exception:
        logger.exception("The mail about alerts %s could not be queued.", firing_ids)
