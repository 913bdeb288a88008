"""A provider's statement: read from its file, held against the ledger, accepted as adjustments."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.errors import Conflict, Invalid
from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas.billing.reconciliation import accept, delta_of, reconcile
from quotas.billing.statements import StatementHead, import_statement, read_lines
from quotas.metrics import Metric
from quotas.models import Allowance, ProviderCostAdjustment, ProviderStatement, ProviderStatementLine, StatementState, UsageEntry
from quotas.periods import open_period
from tests.quotas.factories import utc

pytestmark = pytest.mark.django_db
HEADER = "sku,metric,quantity,cost\n"
MARCH = utc(2026, 3, 1)


def head(**changes: Any) -> StatementHead:
    fields: dict[str, Any] = {"provider": "voices", "number": "2026-03", "starts_at": MARCH, "ends_at": utc(2026, 4, 1)}
    return StatementHead(**fields | changes)


def statement(*lines: str, **changes: Any) -> ProviderStatement:
    return import_statement(head=head(**changes), text=HEADER + "\n".join(lines))


def used(workspace: Workspace, quantity: int, cost: str | None, **changes: Any) -> UsageEntry:
    """A line of the ledger of `workspace`, in March."""
    with workspace_scope(workspace.pk):
        period = open_period(workspace.pk, utc(2026, 3, 15))
        allowance = Allowance.objects.get(period=period, metric=Metric.TTS_CHARACTERS)
        fields: dict[str, Any] = {
            "allowance": allowance,
            "metric": Metric.TTS_CHARACTERS,
            "kind": "usage",
            "quantity": quantity,
            "source": "test",
            "event_id": "",
            "occurred_at": utc(2026, 3, 15),
            "provider": "voices",
            "sku": "hd",
            "provider_cost": cost and Decimal(cost),
            "provider_currency": "EUR",
        }
        return UsageEntry.objects.create(**fields | changes)


def test_it_imports_a_statement_with_its_lines() -> None:
    saved = import_statement(
        head=head(), text="\ufeffSKU, Metric ,quantity,cost,note\nhd,tts_characters,1000,0.03,x\n,stt_ms,5,0\n"
    )
    lines = saved.lines.order_by("metric").values_list("sku", "metric", "quantity", "cost")
    assert list(lines) == [("", "stt_ms", 5, Decimal(0)), ("hd", "tts_characters", 1000, Decimal("0.03"))]
    assert saved.state == StatementState.OPEN


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("sku,metric\n", "lacks cost, quantity"),
        ("", "lacks cost, metric, quantity, sku"),
        (HEADER, "no lines"),
        (HEADER + "hd,minutes,1,1\n", "line 2: there is no metric 'minutes'"),
        (HEADER + "hd,stt_ms,1,1\nhd,stt_ms,1.5,1\n", "line 3: the quantity '1.5'"),
        (HEADER + "hd,stt_ms,-1,1\n", "line 2: the quantity '-1'"),
        (HEADER + f"hd,stt_ms,{2**63},1\n", "line 2: the quantity"),
        (HEADER + "hd,stt_ms,1\n", "line 2: the cost ''"),
        (HEADER + "hd,stt_ms,1,NaN\n", "line 2: the cost 'NaN'"),
        (HEADER + "hd,stt_ms,1,1e-11\n", "line 2: the cost"),
        (HEADER + "hd,stt_ms,1,1\nhd,stt_ms,2,2\n", "hd and stt_ms stand there more than once"),
        (HEADER + "x" * 81 + ",stt_ms,1,1\n", "line 2: the sku is longer"),
    ],
)
def test_it_names_what_it_cannot_read_and_saves_nothing(text: str, complaint: str) -> None:
    with pytest.raises(Invalid, match=complaint.replace("'", ".")):
        import_statement(head=head(), text=text)
    assert not ProviderStatement.objects.exists()


def test_it_tells_ten_complaints_and_no_more() -> None:
    with pytest.raises(Invalid) as told:
        read_lines(HEADER + "hd,minutes,1,1\n" * 50)
    assert told.value.detail.count("line") == 10


def test_it_imports_a_number_once_and_only_a_time_that_ends_after_it_starts() -> None:
    statement("hd,stt_ms,1,1")
    with pytest.raises(Conflict, match="imported before"):
        statement("hd,stt_ms,2,2")
    with pytest.raises(Invalid, match="ends before"):
        statement("hd,stt_ms,1,1", number="other", ends_at=MARCH)
    assert ProviderStatementLine.objects.values_list("quantity", flat=True).get() == 1


def figures(deltas: Sequence[Any]) -> list[tuple[Any, ...]]:
    return [(delta.sku, delta.quantity_delta, delta.cost_delta, delta.within) for delta in deltas]


def test_it_matches_what_every_workspace_used_in_that_time(workspace: Workspace, charlies_workspace: Workspace) -> None:
    used(workspace, 600, "0.018")
    used(charlies_workspace, 300, "0.009", kind="overrun")
    used(workspace, -100, "-0.003", kind="correction")
    used(workspace, 200, "0.006")
    for elsewhere in ({"occurred_at": utc(2026, 4, 1)}, {"provider": "others"}, {"occurred_at": utc(2026, 2, 28)}):
        used(workspace, 5000, "9", **elsewhere)
    bill = statement("hd,tts_characters,1000,0.03")
    assert figures(reconcile(bill)) == [("hd", 0, 0, True)]
    assert ProviderStatement.objects.get().state == StatementState.MATCHED


@pytest.mark.parametrize(
    ("line", "state"),
    [
        ("hd,tts_characters,10100,0.303", StatementState.MATCHED),
        ("hd,tts_characters,10102,0.303", StatementState.DIFFERS),
        ("hd,tts_characters,9900,0.2971", StatementState.MATCHED),
        ("hd,tts_characters,10000,0.3031", StatementState.DIFFERS),
    ],
)
def test_it_forgives_up_to_the_tolerance(workspace: Workspace, line: str, state: StatementState) -> None:
    used(workspace, 10_000, "0.30")
    bill = statement(line, tolerance_bp=100)
    reconcile(bill)
    assert bill.state == state


def test_it_shows_what_was_not_billed_and_what_was_not_counted(workspace: Workspace) -> None:
    used(workspace, 1000, "0.03")
    used(workspace, 500, None, sku="new")
    used(workspace, 700, "0.07", sku="dollars", provider_currency="USD")
    bill = statement("sd,tts_characters,40,0.01", "new,tts_characters,500,0.02", "dollars,tts_characters,700,0.07")
    assert figures(reconcile(bill)) == [
        ("dollars", 0, Decimal("0.07"), False),
        ("hd", -1000, Decimal("-0.03"), False),
        ("new", 0, Decimal("0.02"), False),
        ("sd", 40, Decimal("0.01"), False),
    ]
    assert reconcile(bill) == [delta_of(line, bill.tolerance_bp) for line in bill.lines.order_by("metric", "sku")]
    assert bill.lines.count() == 4


def test_it_accepts_a_difference_as_adjustments_and_leaves_the_ledger(workspace: Workspace) -> None:
    entry = used(workspace, 1000, "0.03")
    bill = statement("hd,tts_characters,1000,0.05")
    reconcile(bill)
    accept(bill)
    adjustment = ProviderCostAdjustment.objects.get()
    assert (adjustment.provider, adjustment.sku, adjustment.amount, adjustment.currency, adjustment.occurred_at) == (
        ("voices", "hd", Decimal("0.02"), "EUR", MARCH)
    )
    assert bill.state == StatementState.ACCEPTED
    with workspace_scope(workspace.pk):
        assert UsageEntry.objects.get(pk=entry.pk).provider_cost == Decimal("0.03")
    for again in (accept, reconcile):
        with pytest.raises(Conflict, match="accepted"):
            again(bill)
    assert ProviderCostAdjustment.objects.count() == 1


def test_it_accepts_only_what_differs(workspace: Workspace) -> None:
    bill = statement("hd,tts_characters,0,0")
    with pytest.raises(Conflict, match="is open"):
        accept(bill)
    reconcile(bill)
    with pytest.raises(Conflict, match="is matched"):
        accept(bill)
    assert not ProviderCostAdjustment.objects.exists()


def test_it_never_changes_an_adjustment(workspace: Workspace) -> None:
    bill = statement("hd,tts_characters,1,1")
    reconcile(bill)
    accept(bill)
    rows = ProviderCostAdjustment.objects.all()
    for change in (lambda: rows.update(amount=2), rows.delete):
        with pytest.raises(IntegrityError, match="only appended to"), transaction.atomic():
            change()
    assert rows.get().amount == 1
