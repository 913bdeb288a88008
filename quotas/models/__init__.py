"""Plans, periods, allowances, reservations, the usage ledger, credits, caps and alerts, costs, invoices, payments.

Only `quotas/statements.py` changes the counters of an allowance or a reservation; the constraints are the last wall.
"""

from quotas.models.alerts import AlertFiring, AlertRule, CapAction, SpendCap
from quotas.models.costs import (
    ProviderCostAdjustment,
    ProviderRate,
    ProviderStatement,
    ProviderStatementLine,
    StatementState,
)
from quotas.models.credits import CreditEntry, CreditEntryKind, CreditGrant, GrantSource, TopUpRule
from quotas.models.invoices import (
    BillingProfile,
    Invoice,
    InvoiceLine,
    InvoiceReason,
    InvoiceSeries,
    InvoiceState,
    LineKind,
    PendingLine,
)
from quotas.models.meter import Allowance, EntryKind, Reservation, ReservationState, UsageDaily, UsageEntry, UsageEvent
from quotas.models.operator import OperatorEntry
from quotas.models.payments import (
    InvoiceCollection,
    Payment,
    PaymentAccount,
    PaymentMethod,
    PaymentState,
    StripeEvent,
    StripePush,
)
from quotas.models.plans import (
    OVERDUE,
    BillingPeriod,
    Interval,
    Overage,
    PeriodState,
    Plan,
    PlanAllowance,
    Pricing,
    Subscription,
    SubscriptionStatus,
)

__all__ = [
    "OVERDUE",
    "AlertFiring",
    "AlertRule",
    "Allowance",
    "BillingPeriod",
    "BillingProfile",
    "CapAction",
    "CreditEntry",
    "CreditEntryKind",
    "CreditGrant",
    "EntryKind",
    "GrantSource",
    "Interval",
    "Invoice",
    "InvoiceCollection",
    "InvoiceLine",
    "InvoiceReason",
    "InvoiceSeries",
    "InvoiceState",
    "LineKind",
    "OperatorEntry",
    "Overage",
    "Payment",
    "PaymentAccount",
    "PaymentMethod",
    "PaymentState",
    "PendingLine",
    "PeriodState",
    "Plan",
    "PlanAllowance",
    "Pricing",
    "ProviderCostAdjustment",
    "ProviderRate",
    "ProviderStatement",
    "ProviderStatementLine",
    "Reservation",
    "ReservationState",
    "SpendCap",
    "StatementState",
    "StripeEvent",
    "StripePush",
    "Subscription",
    "SubscriptionStatus",
    "TopUpRule",
    "UsageDaily",
    "UsageEntry",
    "UsageEvent",
]
