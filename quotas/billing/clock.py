"""What time does to subscriptions and credit: the clock calls `sweep` every few seconds."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from quotas.billing import alerts, announcing
from quotas.billing.alerts import evaluate_all
from quotas.billing.closing import close_due
from quotas.billing.credits import expire_due
from quotas.billing.limits import refresh_due
from quotas.billing.overdue import mark_overdue
from quotas.billing.topup import top_up_all
from quotas.payment import clock as payment_clock

logger = logging.getLogger(__name__)


def sweep(*, now: datetime) -> dict[str, int]:
    """Close what has ended, then bring standing, credit, limits and alerts up to date; how much each of them did.

    Each part commits for itself, and one that fails is logged and leaves the others to their work. Call it outside of any
    scope; from two processes at once it does no harm.
    """
    parts: tuple[tuple[str, Callable[..., int]], ...] = (
        ("closed", close_due),
        ("standing", mark_overdue),
        ("expired", expire_due),
        ("limits", refresh_due),
        ("bought", top_up_all),
        ("alerts", evaluate_all),
        ("payments", payment_clock.sweep),
        ("invoice_mails", announcing.mail_forgotten),
        ("alert_mails", alerts.mail_forgotten),
    )
    return {name: _done(name, part, now) for name, part in parts}


def _done(name: str, part: Callable[..., int], now: datetime) -> int:
    try:
        return part(now=now)
    except Exception:
        logger.exception("The billing clock could not do its part %r.", name)
        return 0
