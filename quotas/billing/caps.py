"""The spend cap of a workspace: what use above the included amounts may cost in a period.

How reserving keeps below it is in `quotas/caps.py`. Call these inside a workspace scope.
"""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from accounts import audit
from accounts.errors import Invalid, NotFound
from accounts.tenancy import current_workspace_id
from quotas.billing.drafting import charged_of, price_of
from quotas.billing.limiting import write_limits
from quotas.models import Allowance, BillingPeriod, CapAction, SpendCap
from quotas.periods import locked_period, open_period

_MOST = 10**12


def set_spend_cap(*, amount_minor: int, action: CapAction | str, at: datetime | None = None) -> SpendCap:
    """Set or change the cap, in minor units of the plan's currency; from now on it holds for the whole current period. What
    has been spent stays spent. Raises Invalid."""
    if not 0 <= amount_minor <= _MOST:
        raise Invalid("A cap is an amount from 0.", code="amount_range", field="amount_minor")
    if action not in CapAction.values:
        raise Invalid("A cap stops or notifies.", code="unknown_action", field="action")
    at = at or timezone.now()
    period = _locked_period(at)
    cap, _ = SpendCap.objects.update_or_create(
        workspace_id=period.workspace_id, defaults={"amount_minor": amount_minor, "action": CapAction(action)}
    )
    write_limits(period, at)
    audit.record("spend_cap.set", subject=cap.pk, amount_minor=amount_minor, does=str(action))
    return cap


def remove_spend_cap(*, at: datetime | None = None) -> None:
    """Let use cost what the plan's ceilings allow. Raises NotFound where there is no cap."""
    at = at or timezone.now()
    period = _locked_period(at)
    cap = SpendCap.objects.select_for_update().first()
    if cap is None:
        raise NotFound("There is no spend cap.")
    SpendCap.objects.filter(pk=cap.pk).delete()
    write_limits(period, at)
    audit.record("spend_cap.removed", subject=cap.pk, amount_minor=cap.amount_minor)


def current_spend(*, at: datetime | None = None) -> int:
    """What the current period's use costs so far, in minor units: the sum of the lines that its invoice would have."""
    return spend_of(open_period(current_workspace_id(), at or timezone.now()))


def spend_of(period: BillingPeriod) -> int:
    """What use above the free amounts costs in `period`, each metric rounded once, as on the invoice."""
    rows = [row for row in Allowance.objects.filter(period=period, settled__gt=0) if charged_of(row, row.settled)]
    return sum(price_of(row, charged_of(row, row.settled)) for row in rows)


def _locked_period(at: datetime) -> BillingPeriod:
    return locked_period(current_workspace_id(), at)
