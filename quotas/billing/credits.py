"""Credit: given once, burned by use or taken off invoices, gone when it expires; each movement is entered.

Call these inside a workspace scope. Credit of a metric is counted in the metric's smallest unit, money in minor units.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet, Sum
from django.utils import timezone

from accounts import audit
from accounts.errors import Conflict, Invalid
from accounts.tenancy import current_workspace_id, unscoped
from quotas.billing import burning
from quotas.billing.limiting import write_limits
from quotas.billing.rounds import in_each
from quotas.metrics import Metric
from quotas.models import BillingPeriod, CreditEntry, CreditEntryKind, CreditGrant, GrantSource, Invoice
from quotas.periods import locked_period

_MOST = 2**62
_USUAL_PRIORITY = 100
# Money that is given back goes first: it is the customer's own.
_REFUND_PRIORITY = 10


def grant(
    *,
    amount: int,
    key: str,
    source: GrantSource,
    metric: Metric | str = "",
    currency: str = "",
    priority: int = _USUAL_PRIORITY,
    expires_at: datetime | None = None,
    reason: str = "",
    at: datetime | None = None,
) -> CreditGrant:
    """Give credit of a metric, which widens its limit at once, or of money in `currency`. Repeating `key` gives nothing more
    and returns the grant as it is. Raises Invalid, and Conflict where `key` was used for another grant."""
    at = at or timezone.now()
    made = CreditGrant(
        workspace_id=current_workspace_id(),
        metric=str(metric),
        currency=currency,
        amount=amount,
        remaining=amount,
        priority=priority,
        expires_at=expires_at,
        source=source,
        reason=reason[:200],
        key=key,
    )
    _check(made, at)
    CreditGrant.objects.bulk_create([made], ignore_conflicts=True)
    found = CreditGrant.objects.get(key=key)
    if found.pk != made.pk:
        return _same(found, made)
    if metric:
        write_limits(locked_period(found.workspace_id, at), at)
    audit.record("credit.granted", subject=found.pk, metric=str(metric), currency=currency, amount=amount, source=source)
    return found


def refund_money(*, amount_minor: int, currency: str, key: str, reason: str, at: datetime) -> CreditGrant:
    """Credit for money that was charged and is not owed: taken off the next invoices before any other, never expires."""
    return grant(
        amount=amount_minor,
        key=key,
        source=GrantSource.REFUND,
        currency=currency,
        priority=_REFUND_PRIORITY,
        reason=reason,
        at=at,
    )


def burn(*, period: BillingPeriod) -> int:
    """Take what `period` used beyond its included amounts from the grants; how much moved. Its closing does this last."""
    rows = burning.locked(burning.unclosed_counters(period.workspace_id))
    return burning.burn(row for row in rows if row.period_id == period.pk)


def expire(*, at: datetime) -> int:
    """Burn what is due; then what is left of grants whose time is over is lost, and limits follow. How much was lost."""
    write_limits(locked_period(current_workspace_id(), at), at)
    over = CreditGrant.objects.filter(expires_at__lte=at, remaining__gt=0)
    lost = 0
    for found in over.select_for_update(no_key=True).order_by("id"):
        lost += found.remaining
        burning.move(found, CreditEntryKind.EXPIRY, found.remaining)
    return lost


def expire_due(*, now: datetime, limit: int = 500) -> int:
    """`expire` wherever a grant's time is over; in how many workspaces. Runs outside of any scope."""
    with unscoped("credit expires in any workspace"):
        over = CreditGrant.objects.filter(expires_at__lte=now, remaining__gt=0).order_by()
        workspaces = list(over.values_list("workspace_id", flat=True).distinct()[:limit])
    return in_each(workspaces, lambda _: int(expire(at=now) > 0))


def apply_money(*, invoice: Invoice, amount_minor: int, at: datetime) -> int:
    """Take up to `amount_minor` off an invoice from credit in its currency, in burn order; how much was taken."""
    grants = burning.live_grants(invoice.workspace_id, at).filter(metric="", currency=invoice.currency)
    taken = 0
    for found in grants.select_for_update(no_key=True):
        if part := min(found.remaining, amount_minor - taken):
            burning.move(found, CreditEntryKind.BURN, part, invoice_id=invoice.pk)
            taken += part
    return taken


def restore_money(*, invoice: Invoice, at: datetime) -> int:
    """Give back what an invoice took, as it is void. A repeat gives nothing more. Returns how much was given back."""
    restored = 0
    for grant_id, amount in burning.net_burned(CreditEntry.objects.filter(invoice_id=invoice.pk)).items():
        if amount > 0:
            _restore(CreditGrant.objects.select_for_update(no_key=True).get(pk=grant_id), amount, invoice, at)
            restored += amount
    return restored


def _restore(found: CreditGrant, amount: int, invoice: Invoice, at: datetime) -> None:
    """To the grant, or where that has expired since, as a refund."""
    if found.expires_at is None or found.expires_at > at:
        burning.move(found, CreditEntryKind.RESTORE, amount, invoice_id=invoice.pk)
    else:
        key, reason = f"void/{invoice.pk}/{found.pk}", f"Invoice {invoice.number} is void"
        refund_money(amount_minor=amount, currency=invoice.currency, key=key, reason=reason, at=at)


def take_purchase_back(*, invoice: Invoice, at: datetime) -> int:
    """What is left of the credit that a void invoice had sold is lost, and limits follow; what was used of it stays used. A
    repeat takes nothing more. Returns how much was taken."""
    if not CreditGrant.objects.filter(key=_sold_by(invoice)).exclude(metric="").exists():
        return 0
    period = locked_period(invoice.workspace_id, at)
    write_limits(period, at)  # burns what is due
    found = CreditGrant.objects.select_for_update(no_key=True).get(key=_sold_by(invoice))
    if taken := found.remaining:
        burning.move(found, CreditEntryKind.EXPIRY, taken, invoice_id=invoice.pk)
        write_limits(period, at)
    return taken


def give_purchase_again(*, invoice: Invoice, at: datetime) -> int:
    """What `take_purchase_back` took, as `invoice` replaces the void one. A repeat gives nothing more. Returns how much."""
    if not CreditGrant.objects.filter(key=_sold_by(invoice)).exclude(metric="").exists():
        return 0
    period = locked_period(invoice.workspace_id, at)
    write_limits(period, at)  # counters are locked before grants
    found = CreditGrant.objects.select_for_update(no_key=True).get(key=_sold_by(invoice))
    totals = found.entries.filter(invoice_id__isnull=False).values_list("kind").annotate(total=Sum("amount"))
    moved: dict[str, int] = dict(totals.order_by())
    if given := moved.get(CreditEntryKind.EXPIRY, 0) - moved.get(CreditEntryKind.RESTORE, 0):
        burning.move(found, CreditEntryKind.RESTORE, given, invoice_id=invoice.pk)
        write_limits(period, at)
    return given


def _sold_by(invoice: Invoice) -> str:
    """The key of the grant that was sold: that of the first of the invoices that replaced each other."""
    while invoice.replaces is not None:
        invoice = invoice.replaces
    return invoice.key.removeprefix("purchase/")


def grants() -> QuerySet[CreditGrant]:
    """Every grant of the workspace, the youngest first."""
    return CreditGrant.objects.order_by("-created_at", "-id")


def money_left(*, currency: str, at: datetime | None = None) -> int:
    """Credit in `currency` that the next invoices may take, in minor units."""
    live = burning.live_grants(current_workspace_id(), at or timezone.now()).filter(metric="", currency=currency)
    return int(live.order_by().aggregate(total=Sum("remaining"))["total"] or 0)


def _check(made: CreditGrant, at: datetime) -> None:
    if bool(made.metric) == bool(made.currency):
        raise Invalid("Credit is of a metric or of money.", code="metric_or_currency")
    if made.metric and (made.metric not in Metric.values or Metric(made.metric).is_gauge):
        raise Invalid(f"Credit of {made.metric} makes no sense: it is no counter.", code="not_a_counter", field="metric")
    if not 0 < made.amount < _MOST:
        raise Invalid("Give a positive amount.", code="amount_range", field="amount")
    if made.expires_at is not None and made.expires_at <= at:
        raise Invalid("It would have expired already.", code="expired", field="expires_at")


def _same(found: CreditGrant, made: CreditGrant) -> CreditGrant:
    if (found.metric, found.currency, found.amount) != (made.metric, made.currency, made.amount):
        raise Conflict("Another grant was made under this key.", code="grant_key_used")
    return found
