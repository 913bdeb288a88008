"""UsageDaily, the ledger's sums by UTC day: only days that are over, so that a reader knows from where on to ask the ledger.

Sums are written as they are, never added to: refreshing is harmless, and what was missed once is right the next time.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.tenancy import unscoped
from quotas import statements
from quotas.metrics import Metric
from quotas.models import UsageDaily

_SETTLING = timedelta(minutes=10)  # after midnight: transactions of the last day come to their end

_SUMS = """
INSERT INTO quotas_usagedaily AS d (id, workspace_id, created_at, day, metric, avatar, api_key_id, provider, quantity, cost)
SELECT gen_random_uuid(), e.workspace_id, %(now)s, e.day, e.metric, e.avatar, e.api_key_id, e.provider,
       COALESCE(sum(e.quantity) FILTER (WHERE e.kind IN ('usage', 'correction', 'late')), 0),
       COALESCE(sum(e.provider_cost), 0)
"""
_OF_TOUCHED = """
FROM touched t CROSS JOIN LATERAL (
    SELECT o.*, t.day FROM quotas_usageentry o
    WHERE o.workspace_id = t.workspace_id AND o.metric = t.metric AND o.occurred_at >= t.day::timestamp AT TIME ZONE 'UTC'
      AND o.occurred_at < (t.day + 1)::timestamp AT TIME ZONE 'UTC'
) e
"""
_OF_ALL = """
FROM (SELECT o.*, (o.occurred_at AT TIME ZONE 'UTC')::date AS day FROM quotas_usageentry o
      WHERE o.occurred_at >= %(first)s AND o.occurred_at < %(until)s) e
"""
_KEEP = """
GROUP BY e.workspace_id, e.day, e.metric, e.avatar, e.api_key_id, e.provider
ON CONFLICT (workspace_id, day, metric, avatar, api_key_id, provider) DO UPDATE
SET quantity = EXCLUDED.quantity, cost = EXCLUDED.cost
WHERE (d.quantity, d.cost) IS DISTINCT FROM (EXCLUDED.quantity, EXCLUDED.cost)
RETURNING 1
"""
_TOUCHED = """
WITH touched AS (
    SELECT DISTINCT workspace_id, metric, (occurred_at AT TIME ZONE 'UTC')::date AS day FROM quotas_usageentry
    WHERE created_at >= %(since)s AND occurred_at >= %(first)s AND occurred_at < %(until)s
)
"""
_WRITE_TOUCHED, _WRITE_ALL = _SUMS + _OF_TOUCHED + _KEEP, _SUMS + _OF_ALL + _KEEP
_ONE = "WITH touched AS (SELECT %(workspace)s::uuid AS workspace_id, %(metric)s::text AS metric, %(day)s::date AS day)"
# Rewritten from the day before the last that is there: what was entered since then, for whatever day.
_LAST = "SELECT max(day) - 1 AS day FROM quotas_usagedaily"
_FORGET = "DELETE FROM quotas_usagedaily WHERE day >= %(day)s"
_EVER = date(1970, 1, 1)


def refresh_usage_daily(now: datetime) -> int:
    """Bring every workspace's finished days up to what the ledger says; how many sums changed. Call it outside of any
    scope, some time after midnight (UTC) and as often as late entries should show; it reads the last two days' entries."""
    with unscoped("the days of every workspace are summed together"):
        last = statements.one(_LAST, {})["day"]
        statement = _TOUCHED + _WRITE_TOUCHED if last else _WRITE_ALL
        return len(statements.rows(statement, _span(now, since=_midnight(last or _EVER), first=_midnight(_EVER))))


def rebuild_usage_daily(*, now: datetime, since: date = _EVER) -> int:
    """Forget the days from `since` on and sum the ledger anew; how many sums there are. Readers see old or new, not none."""
    with unscoped("the days of every workspace are made anew"):
        statements.rows(_FORGET, {"day": since})
        return len(statements.rows(_WRITE_ALL, _span(now, since=_midnight(_EVER), first=_midnight(since))))


def refresh_day(workspace_id: UUID, metric: Metric, moment: datetime) -> None:
    """After an entry for the past: sum that day anew if it counts as finished. If not, readers ask the ledger anyway."""
    day = moment.astimezone(UTC).date()
    if UsageDaily.objects.filter(workspace_id=workspace_id, day__gte=day).exists():
        params = {"workspace": workspace_id, "metric": metric.value, "day": day, "now": timezone.now()}
        statements.rows(_ONE + _WRITE_TOUCHED, params)


def _span(now: datetime, *, since: datetime, first: datetime) -> dict[str, Any]:
    return {"now": now, "since": since, "first": first, "until": _midnight((now - _SETTLING).astimezone(UTC).date())}


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
