"""What the operator earns: revenue, cost and margin by month, workspace and provider. For the operator only.

Revenue is what was invoiced in a month (its issue, UTC), before tax, without void and uncollectible invoices. Cost is what
was used in a month, as frozen in the ledger. Each row is of one currency; nothing is converted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from accounts.tenancy import unscoped
from quotas import statements
from quotas.metrics import Metric

# Entries are made after their use, or at worst a little before, where clocks disagree: older partitions are skipped by
# the day in `created_at >= start - 1 day`.

BY_WORKSPACE = """
WITH revenue AS (
    SELECT i.workspace_id, date_trunc('month', i.issued_at AT TIME ZONE 'UTC')::date AS month, i.currency,
           sum(l.amount_minor) AS revenue_minor
    FROM quotas_invoice i JOIN quotas_invoiceline l ON l.workspace_id = i.workspace_id AND l.invoice_id = i.id
    WHERE i.state IN ('open', 'paid') AND i.issued_at >= %(start)s AND i.issued_at < %(end)s GROUP BY 1, 2, 3
), cost AS (
    SELECT e.workspace_id, date_trunc('month', e.occurred_at AT TIME ZONE 'UTC')::date AS month,
           e.provider_currency AS currency, sum(e.provider_cost) AS cost
    FROM quotas_usageentry e
    WHERE e.occurred_at >= %(start)s AND e.occurred_at < %(end)s AND e.created_at >= %(start)s - interval '1 day'
      AND e.provider_cost IS NOT NULL GROUP BY 1, 2, 3
)
SELECT month, workspace_id, w.name, currency, COALESCE(revenue_minor, 0) AS revenue_minor, COALESCE(cost, 0) AS cost
FROM revenue FULL JOIN cost USING (workspace_id, month, currency) JOIN accounts_workspace w ON w.id = workspace_id
ORDER BY month DESC, revenue_minor DESC, w.name, workspace_id, currency
"""

# A line's amount is shared among the providers by what each contributed to the use it charges for.
BY_PROVIDER = """
WITH line AS (
    SELECT l.id, a.id AS allowance_id, l.amount_minor, i.currency,
           date_trunc('month', i.issued_at AT TIME ZONE 'UTC')::date AS month
    FROM quotas_invoice i
    JOIN quotas_invoiceline l ON l.workspace_id = i.workspace_id AND l.invoice_id = i.id
    JOIN quotas_billingperiod p ON p.workspace_id = i.workspace_id AND p.starts_at = l.starts_at
    JOIN quotas_allowance a ON a.period_id = p.id AND a.metric = l.metric
    WHERE i.state IN ('open', 'paid') AND i.issued_at >= %(start)s AND i.issued_at < %(end)s
      AND l.kind IN ('overage', 'pass_through')
), share AS (
    SELECT line.id, e.provider, sum(e.quantity) AS used, sum(sum(e.quantity)) OVER (PARTITION BY line.id) AS whole
    FROM line JOIN quotas_usageentry e ON e.allowance_id = line.allowance_id AND e.kind IN ('usage', 'overrun', 'correction')
    GROUP BY 1, 2
), revenue AS (
    SELECT provider, month, currency, sum(amount_minor * used / whole) AS revenue_minor
    FROM line JOIN share USING (id) WHERE whole > 0 GROUP BY 1, 2, 3
), cost AS (
    SELECT provider, month, currency, sum(cost) AS cost FROM (
        SELECT e.provider, date_trunc('month', e.occurred_at AT TIME ZONE 'UTC')::date AS month,
               e.provider_currency AS currency, e.provider_cost AS cost
        FROM quotas_usageentry e
    WHERE e.occurred_at >= %(start)s AND e.occurred_at < %(end)s AND e.created_at >= %(start)s - interval '1 day'
      AND e.provider_cost IS NOT NULL
        UNION ALL
        SELECT provider, date_trunc('month', occurred_at AT TIME ZONE 'UTC')::date, currency, amount
        FROM quotas_providercostadjustment WHERE occurred_at >= %(start)s AND occurred_at < %(end)s
    ) AS costs GROUP BY 1, 2, 3
)
SELECT month, provider, currency, COALESCE(revenue_minor, 0) AS revenue_minor, COALESCE(cost, 0) AS cost
FROM revenue FULL JOIN cost USING (provider, month, currency) ORDER BY month DESC, revenue_minor DESC, provider, currency
"""

UNPRICED = """
SELECT e.provider, e.sku, e.metric, count(*) AS entries, sum(e.quantity) AS quantity, max(e.occurred_at) AS last_at
FROM quotas_usageentry e
WHERE e.occurred_at >= %(start)s AND e.occurred_at < %(end)s AND e.created_at >= %(start)s - interval '1 day'
  AND e.provider NOT IN ('', 'local') AND e.provider_cost IS NULL AND e.provider_currency = ''
  AND e.kind IN ('usage', 'overrun', 'late')
GROUP BY 1, 2, 3 ORDER BY last_at DESC
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """A month's revenue and cost, in major units of `currency`."""

    month: date
    currency: str
    revenue: Decimal
    cost: Decimal

    @property
    def margin(self) -> Decimal:
        return self.revenue - self.cost

    @property
    def percent(self) -> Decimal | None:
        """Margin of the revenue, to a tenth; None without revenue."""
        return (100 * self.margin / self.revenue).quantize(Decimal("0.1")) if self.revenue else None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceMargin(Margin):
    """What a workspace brought and cost. Statements' adjustments stand for no workspace and are not in it."""

    workspace_id: UUID
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderMargin(Margin):
    """What was charged for a provider's use (base prices are not), and what it took, adjustments included.

    `provider` empty: use that names none.
    """

    provider: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpriced:
    """Use of a provider that has no rate: its cost is unknown. Not of what runs on our own machines (`local`)."""

    provider: str
    sku: str
    metric: Metric
    entries: int
    quantity: int
    last_at: datetime


def margin_by_workspace(*, start: datetime, end: datetime) -> list[WorkspaceMargin]:
    """Each month of [start, end), newest first, then by revenue."""
    return [
        WorkspaceMargin(workspace_id=row["workspace_id"], name=row["name"], **_figures(row))
        for row in _rows(BY_WORKSPACE, start, end)
    ]


def margin_by_provider(*, start: datetime, end: datetime) -> list[ProviderMargin]:
    """Each month of [start, end), newest first, then by revenue."""
    return [ProviderMargin(provider=row["provider"], **_figures(row)) for row in _rows(BY_PROVIDER, start, end)]


def unpriced(*, start: datetime, end: datetime) -> list[Unpriced]:
    """What was used in [start, end) of providers without a rate, the latest first."""
    return [
        Unpriced(**row | {"metric": Metric(row["metric"]), "quantity": int(row["quantity"])})
        for row in _rows(UNPRICED, start, end)
    ]


def months(first: date, last: date) -> tuple[datetime, datetime]:
    """From the start of `first`'s month to the end of `last`'s, UTC."""
    year, month = divmod(last.year * 12 + last.month, 12)
    return datetime(first.year, first.month, 1, tzinfo=UTC), datetime(year, month + 1, 1, tzinfo=UTC)


def _rows(statement: str, start: datetime, end: datetime) -> list[statements.Row]:
    with unscoped("the operator's margin is over every workspace"):
        return statements.rows(statement, {"start": start, "end": end})


def _figures(row: statements.Row) -> dict[str, Any]:
    return {
        "month": row["month"],
        "currency": row["currency"],
        "revenue": (Decimal(row["revenue_minor"]) / 100).quantize(Decimal("0.0001")),
        "cost": Decimal(row["cost"]),
    }
