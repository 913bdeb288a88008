"""Give a workspace's counters the limits that its plan, overrides, credit and standing call for."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils import timezone

from accounts.tenancy import unscoped, workspace_scope
from quotas import statements
from quotas.billing.limiting import Beyond, write_limits
from quotas.billing.rounds import in_each
from quotas.billing.terms import billing_enabled
from quotas.periods import locked_period

__all__ = ["Beyond", "apply_limits", "refresh_due"]

# Allowances whose limit or credit lags behind: a place beyond the limit was given back; overdue or suspended, and what was
# held has been released; credit that use has reached, or that has expired.
_DUE = """
WITH current AS (
    SELECT a.*, p.state FROM quotas_allowance a JOIN quotas_billingperiod p ON p.id = a.period_id WHERE p.state <> 'closed'
), late AS (
    SELECT workspace_id, status = 'suspended' AS nothing FROM quotas_subscription
    WHERE status = 'suspended' OR (status = 'past_due' AND grace_until <= %(now)s)
)
SELECT workspace_id FROM quotas_allowance
WHERE period_id IS NULL AND %(billing)s AND ceiling > GREATEST(included, held)
UNION
SELECT a.workspace_id FROM quotas_allowance a JOIN late l USING (workspace_id)
WHERE a.period_id IS NULL AND l.nothing AND %(billing)s AND (a.ceiling IS NULL OR a.ceiling > a.held)
UNION
SELECT c.workspace_id FROM current c JOIN late l USING (workspace_id)
JOIN quotas_billingperiod p ON p.id = c.period_id
WHERE %(billing)s AND p.starts_at <= %(now)s AND p.ends_at > %(now)s
  AND CASE WHEN l.nothing THEN c.ceiling IS NULL OR c.ceiling > c.settled + c.held
           ELSE c.included IS NOT NULL
                AND COALESCE(c.ceiling > GREATEST(c.included + c.granted, c.settled + c.held), true) END
UNION
SELECT workspace_id FROM current
WHERE included IS NOT NULL AND LEAST(granted, GREATEST(0, settled - included)) <> burned
UNION
SELECT c.workspace_id FROM current c
JOIN quotas_billingperiod p ON p.id = c.period_id
WHERE NOT %(billing)s AND c.ceiling IS NOT NULL AND p.starts_at <= %(now)s AND p.ends_at > %(now)s
LIMIT %(limit)s
"""


def apply_limits(*, workspace_id: UUID, at: datetime | None = None) -> list[Beyond]:
    """Set the limits and prices of the current allowances; what is used or held beyond them stays and is returned."""
    at = at or timezone.now()
    with workspace_scope(workspace_id):
        return write_limits(locked_period(workspace_id, at), at)


def refresh_due(*, now: datetime, limit: int = 500) -> int:
    """Bring limits up to date wherever they lag; how many workspaces that were. Runs outside of any scope."""
    with unscoped("limits lag behind in any workspace"):
        due = statements.rows(_DUE, {"now": now, "limit": limit, "billing": billing_enabled()})
    return in_each((row["workspace_id"] for row in due), lambda workspace_id: _refreshed(workspace_id, now))


def _refreshed(workspace_id: UUID, now: datetime) -> int:
    apply_limits(workspace_id=workspace_id, at=now)
    return 1
