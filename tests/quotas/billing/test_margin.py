"""Revenue, cost and margin: of every workspace and provider, by month, each in its own currency."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Workspace
from accounts.tenancy import ScopeMismatch, workspace_scope
from quotas.billing.margin import margin_by_provider, margin_by_workspace, months, unpriced
from quotas.billing.reconciliation import accept, reconcile
from quotas.billing.standing import mark_uncollectible, void
from quotas.billing.statements import StatementHead, import_statement
from quotas.models import Invoice
from tests.quotas.billing.bills import Sold, close, invoices, offer, put_on, use
from tests.quotas.factories import utc

pytestmark = pytest.mark.django_db
JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
SPRING = {"start": utc(2026, 1, 1), "end": utc(2026, 4, 1)}


def speak(workspace: Workspace, amount: int, cost: str | None, *, day: int = 10, month: int = 1, **changes: Any) -> None:
    named = {
        "provider": "voices",
        "sku": "hd",
        "provider_currency": (cost and "EUR") or "",
        "provider_cost": cost and Decimal(cost),
    }
    use(workspace, amount, at=utc(2026, month, day, 12), metric="tts_characters", **named | changes)


def charging(workspace: Workspace, *, base: int = 0, included: int = 0) -> None:
    """Speech at 0.01 a character, periods from the first of January."""
    put_on(workspace, offer(base=base, tts_characters=Sold(included=included, price="1", size=1)), anchor_at=utc(2026, 1, 1))


def by_workspace() -> list[tuple[Any, ...]]:
    return [(row.month, row.name, row.revenue, row.cost, row.margin) for row in margin_by_workspace(**SPRING)]


def by_provider() -> list[tuple[Any, ...]]:
    return [(row.month, row.provider, row.currency, row.revenue, row.cost) for row in margin_by_provider(**SPRING)]


def test_it_counts_revenue_where_it_is_invoiced_and_cost_where_it_is_used(
    workspace: Workspace, charlies_workspace: Workspace
) -> None:
    charging(workspace, base=1_000)
    charging(charlies_workspace)
    speak(workspace, 500, "1.5")
    speak(workspace, 100, "0.25", month=2)
    speak(charlies_workspace, 50, "0.75")
    close(utc(2026, 2, 1, 2))
    assert by_workspace() == [
        (FEBRUARY, "Alice & Co", Decimal(15), Decimal("0.25"), Decimal("14.75")),
        (FEBRUARY, "Charlie Ltd", Decimal("0.5"), 0, Decimal("0.5")),
        (JANUARY, "Alice & Co", 0, Decimal("1.5"), Decimal("-1.5")),
        (JANUARY, "Charlie Ltd", 0, Decimal("0.75"), Decimal("-0.75")),
    ]
    assert [row.percent for row in margin_by_workspace(**SPRING)] == [Decimal("98.3"), Decimal("100.0"), None, None]


def test_it_takes_a_month_from_its_first_instant_to_its_last(workspace: Workspace) -> None:
    charging(workspace)
    use(workspace, 7, at=utc(2026, 1, 1), metric="tts_characters", provider="voices", provider_cost=Decimal(1))
    use(workspace, 7, at=utc(2026, 2, 1), metric="tts_characters", provider="voices", provider_cost=Decimal(2))
    start, end = months(JANUARY, JANUARY)
    assert (start, end) == (utc(2026, 1, 1), utc(2026, 2, 1))
    assert [row.cost for row in margin_by_workspace(start=start, end=end)] == [1]
    assert months(date(2025, 12, 5), date(2025, 12, 31)) == (utc(2025, 12, 1), utc(2026, 1, 1))


def test_it_leaves_out_void_and_uncollectible_invoices(workspace: Workspace, charlies_workspace: Workspace) -> None:
    charging(workspace)
    charging(charlies_workspace)
    speak(workspace, 300, None)
    speak(charlies_workspace, 200, None)
    close(utc(2026, 2, 1, 2))
    for owner, give_up in ((workspace, void), (charlies_workspace, mark_uncollectible)):
        assert sum(row.revenue for row in margin_by_workspace(**SPRING) if row.workspace_id == owner.pk) > 0
        (invoice,) = invoices(owner)
        with workspace_scope(owner.pk):
            give_up(invoice_id=invoice.pk, at=utc(2026, 2, 2))
            assert Invoice.objects.count() == 1
    assert by_workspace() == by_provider() == []


def test_it_shares_a_charge_among_the_providers_by_their_use(workspace: Workspace) -> None:
    charging(workspace, base=5_000, included=200)
    speak(workspace, 600, "1")
    speak(workspace, 300, "4", provider="others")
    use(workspace, 300, at=utc(2026, 1, 20), metric="tts_characters")
    close(utc(2026, 2, 1, 2))
    assert by_provider() == [
        (FEBRUARY, "voices", "EUR", 5, 0),
        (FEBRUARY, "", "EUR", Decimal("2.5"), 0),
        (FEBRUARY, "others", "EUR", Decimal("2.5"), 0),
        (JANUARY, "others", "EUR", 0, 4),
        (JANUARY, "voices", "EUR", 0, 1),
    ]


def test_it_adds_up_by_provider_to_what_was_charged_for_use(workspace: Workspace, charlies_workspace: Workspace) -> None:
    for owner in (workspace, charlies_workspace):
        charging(owner, base=100, included=50)
        for provider, amount in (("a", 33), ("b", 71), ("c", 97)):
            speak(owner, amount, "0.1", provider=provider)
    close(utc(2026, 2, 1, 2))
    charged = 2 * Decimal(33 + 71 + 97 - 50) / 100
    assert abs(sum(row.revenue for row in margin_by_provider(**SPRING)) - charged) < Decimal("0.001")
    assert sum(row.revenue for row in margin_by_workspace(**SPRING)) == charged + 2


def test_it_adds_accepted_statements_to_the_provider_and_to_no_workspace(workspace: Workspace) -> None:
    charging(workspace)
    speak(workspace, 100, "1")
    head = StatementHead(provider="voices", number="1", starts_at=utc(2026, 1, 1), ends_at=utc(2026, 2, 1))
    bill = import_statement(head=head, text="sku,metric,quantity,cost\nhd,tts_characters,100,1.5\n")
    reconcile(bill)
    assert [row.cost for row in margin_by_provider(**SPRING)] == [1]
    accept(bill)
    assert [row.cost for row in margin_by_provider(**SPRING)] == [Decimal("1.5")]
    assert [row.cost for row in margin_by_workspace(**SPRING)] == [1]


def test_it_keeps_currencies_apart(workspace: Workspace) -> None:
    charging(workspace)
    speak(workspace, 100, "1")
    speak(workspace, 100, "2", provider_currency="USD")
    assert [(row.currency, row.cost) for row in margin_by_workspace(**SPRING)] == [("EUR", Decimal(1)), ("USD", Decimal(2))]
    assert [(row.currency, row.cost) for row in margin_by_provider(**SPRING)] == [("EUR", Decimal(1)), ("USD", Decimal(2))]


def test_it_tells_what_was_used_without_a_rate(workspace: Workspace, charlies_workspace: Workspace) -> None:
    charging(workspace)
    charging(charlies_workspace)
    speak(workspace, 100, None)
    speak(charlies_workspace, 50, None, day=20)
    speak(workspace, 10, "1", sku="priced")
    use(workspace, 10, at=utc(2026, 1, 20), metric="tts_characters")
    speak(workspace, 10, None, provider="local")
    (only,) = unpriced(**SPRING)
    assert (only.provider, only.sku, only.entries, only.quantity, only.last_at) == ("voices", "hd", 2, 150, utc(2026, 1, 20, 12))


def test_it_is_closed_to_workspaces(workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        for selector in (margin_by_workspace, margin_by_provider, unpriced):
            with pytest.raises(ScopeMismatch):
                selector(**SPRING)
