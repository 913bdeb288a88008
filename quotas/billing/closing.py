"""Periods that have ended are closed: holds settled, credit burned, the invoice issued, the next period opened.

Closing is one transaction a period. Before it commits nothing has happened, after it everything has: a process that dies
in between leaves a period in `closing`, which the next round takes up again.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from accounts.tenancy import unscoped, workspace_scope
from quotas import statements
from quotas.billing.burning import burn, locked, unclosed_counters
from quotas.billing.invoicing import invoice_period
from quotas.billing.subscriptions import subscription_roll
from quotas.billing.terms import billing_enabled
from quotas.billing.together import close_together
from quotas.metrics import GAUGES, Metric
from quotas.models import Allowance, BillingPeriod, PeriodState, Reservation, ReservationState
from quotas.movements import Step, advance, in_lock_order
from quotas.periods import locked_subscription
from quotas.values import UsageAttributes

logger = logging.getLogger(__name__)
# So long may holds that were taken in a period move into the next one; then what was reported of them is settled.
PATIENCE = timedelta(hours=1)
# Plain periods a transaction: enough to share its statements, few enough that nobody waits long for a number.
_TOGETHER = 50

_HELD = """EXISTS (
    SELECT FROM quotas_allowance a JOIN quotas_reservation r ON r.allowance_id = a.id AND r.state = 'open'
    WHERE a.period_id = p.id)"""
_CLAIM = f"""
UPDATE quotas_billingperiod p SET state = 'closing' WHERE id IN (
    SELECT p.id FROM quotas_billingperiod p
    WHERE p.ends_at <= %(now)s AND p.state <> 'closed' AND (p.ends_at <= %(patient_until)s OR NOT {_HELD})
    ORDER BY p.ends_at, p.id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
) RETURNING p.workspace_id, p.id, p.ends_at, {_HELD} AS is_held
"""  # noqa: S608 (our own text)


def close_due(*, now: datetime, limit: int = 100) -> int:
    """Close up to `limit` periods, of any workspace, that ended by `now`; returns how many. Call it outside of any scope,
    from as many processes as you like. One that fails is logged and tried again the next time."""
    with unscoped("periods end in every workspace"):
        claimed = statements.rows(_CLAIM, {"now": now, "patient_until": now - PATIENCE, "limit": limit})
    claimed.sort(key=lambda row: (row["ends_at"], row["id"]))
    plain: set[UUID] = set()
    for start in range(0, len(claimed), _TOGETHER):
        plain |= _together_or_logged(claimed[start : start + _TOGETHER], now)
    return len(plain) + sum(_closed_or_logged(claim, now) for claim in claimed if claim["id"] not in plain)


def _together_or_logged(claims: Sequence[statements.Row], now: datetime) -> set[UUID]:
    """The plain ones in one go; where that fails none of them, and each is tried by itself."""
    free = [claim for claim in claims if not claim["is_held"]]
    try:
        return close_together(
            period_ids=[claim["id"] for claim in free], workspaces=[claim["workspace_id"] for claim in free], now=now
        )
    except Exception:
        logger.exception("%s periods could not be closed together.", len(free))
        return set()


def close_period(*, workspace_id: UUID, period_id: UUID, now: datetime) -> bool:
    """Close one period that has ended; False where somebody else has, or is about to, or where it must wait for holds."""
    with workspace_scope(workspace_id):
        locked(Allowance.objects.filter(metric__in=GAUGES))
        locked_subscription(workspace_id)
        period = _locked(period_id, now)
        if period is None:
            return False
        rows = [row for row in locked(unclosed_counters(workspace_id)) if row.period_id == period.pk]
        burn(rows)
        if _open_holds(period).exists():
            return False
        _close(period, rows, now)
    return True


def _close(period: BillingPeriod, rows: list[Allowance], now: datetime) -> None:
    """All is locked and settled: what follows is one step."""
    following = subscription_roll(period=period, at=now)
    if billing_enabled():
        invoice_period(period=period, counters=rows, following=following, at=now)
    Allowance.objects.filter(period=period).update(is_closed=True)  # whoever waits for their rows sees it
    period.state, period.closed_at = PeriodState.CLOSED, now
    period.save(update_fields=["state", "closed_at"])


def _closed_or_logged(claim: statements.Row, now: datetime) -> bool:
    try:
        if claim["is_held"]:
            with workspace_scope(claim["workspace_id"]):
                _settle_forgotten(claim["id"], now)
        return close_period(workspace_id=claim["workspace_id"], period_id=claim["id"], now=now)
    except Exception:
        logger.exception("Period %s of workspace %s could not be closed.", claim["id"], claim["workspace_id"])
        return False


def _locked(period_id: UUID, now: datetime) -> BillingPeriod | None:
    rows = BillingPeriod.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
    rows = rows.select_related("plan", "subscription", "workspace").exclude(state=PeriodState.CLOSED)
    return rows.filter(pk=period_id, ends_at__lte=now).first()


def _open_holds(period: BillingPeriod) -> QuerySet[Reservation]:
    return Reservation.objects.filter(allowance__period=period, state=ReservationState.OPEN)


def _settle_forgotten(period_id: UUID, now: datetime) -> None:
    """Holds that nobody moved within PATIENCE lapse, whatever their lease says: what was last reported is settled."""
    period = BillingPeriod.objects.get(pk=period_id)
    left = list(_open_holds(period))
    _open_holds(period).filter(lease_expires_at__gte=period.ends_at).update(lease_expires_at=period.ends_at)
    usage = UsageAttributes(occurred_at=period.ends_at - timedelta(milliseconds=1))
    steps = [
        Step(workspace_id=period.workspace_id, hold_id=row.pk, metric=Metric(row.metric), sequence=0, usage=usage) for row in left
    ]
    for step in in_lock_order(steps):
        advance("expire", step, now)
