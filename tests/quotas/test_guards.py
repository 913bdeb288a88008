"""What is final stays as it is, whoever asks: the application's role, and the owner of the tables."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import psycopg
import pytest
import time_machine
from django.db import DatabaseError, connection, transaction

from accounts.models import AuditEntry, Workspace
from accounts.tenancy import unscoped, workspace_scope
from quotas.billing.credits import grant
from quotas.metrics import Metric
from quotas.models import (
    Allowance,
    BillingPeriod,
    CreditEntry,
    GrantSource,
    Invoice,
    InvoiceLine,
    InvoiceSeries,
    Plan,
    PlanAllowance,
    Subscription,
    UsageEvent,
)
from quotas.services import backfill
from tests.quotas.billing.bills import ANCHOR, FIRST_END, Sold, close, offer, put_on
from tests.quotas.factories import usage

TRUNCATED = (
    "quotas_creditentry",
    "quotas_usageevent",
    "quotas_invoiceline",
    "quotas_invoice CASCADE",
    "quotas_invoiceseries",
    "accounts_auditentry",
)
CHANGES = (
    "UPDATE quotas_creditentry SET amount = 1",
    "DELETE FROM quotas_creditentry",
    "UPDATE quotas_usageevent SET event_id = 'x'",
    "DELETE FROM quotas_usageevent",
    "UPDATE accounts_auditentry SET action = 'x'",
    "DELETE FROM accounts_auditentry",
    "UPDATE quotas_billingperiod SET state = 'open', closed_at = NULL WHERE state = 'closed'",
    "DELETE FROM quotas_billingperiod WHERE state = 'closed'",
    "UPDATE quotas_allowance SET settled = settled + 5 WHERE is_closed",
    "UPDATE quotas_allowance SET is_closed = false WHERE is_closed",
    "DELETE FROM quotas_invoiceseries",
    "UPDATE quotas_invoiceseries SET next_number = 1",
    "UPDATE quotas_invoiceseries SET prefix = 'X-'",
    "UPDATE quotas_invoiceseries SET next_number = 900",
)
ROWS = (Allowance, AuditEntry, BillingPeriod, CreditEntry, Invoice, InvoiceLine, InvoiceSeries, UsageEvent)


@pytest.fixture
def closed(workspace: Workspace) -> Workspace:
    """A workspace with a closed period, its invoice less a credit, and a backfill."""
    put_on(workspace, offer(avatar_ms=Sold()))
    at = ANCHOR + timedelta(seconds=1)
    with time_machine.travel(at, tick=False), workspace_scope(workspace.pk):
        grant(amount=500, key="gift", source=GrantSource.PROMO, currency="EUR", at=at)
        backfill(metric=Metric.AVATAR_MS, quantity=5, event_id="one", usage=usage())
    close(FIRST_END)
    return workspace


def everything() -> dict[str, list[Any]]:
    with unscoped("a test compares every row"):
        return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in ROWS}


def test_it_refuses_the_owner_every_change_of_what_is_final(closed: Workspace, owner: psycopg.Connection[Any]) -> None:
    before = everything()
    assert all(before.values())
    for statement in (*CHANGES, *(f"TRUNCATE {table}" for table in TRUNCATED)):
        with pytest.raises(psycopg.errors.RestrictViolation):
            owner.execute(statement)
            owner.commit()  # where leaps are found
        owner.rollback()
    assert everything() == before


@pytest.mark.django_db
@pytest.mark.parametrize("statement", CHANGES)
def test_it_refuses_the_application_every_change_of_what_is_final(closed: Workspace, statement: str) -> None:
    before = everything()
    with pytest.raises(DatabaseError), workspace_scope(closed.pk), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert everything() == before


@pytest.mark.django_db
def test_it_refuses_to_move_allowances_from_or_to_a_plan_that_somebody_is_on(workspace: Workspace) -> None:
    agreed, other = offer(avatar_ms=Sold()), offer(tts_characters=Sold())
    put_on(workspace, agreed)
    for start, target in ((other, agreed), (agreed, other)):
        with pytest.raises(DatabaseError, match="make a new version"), transaction.atomic():
            PlanAllowance.objects.filter(plan=start).update(plan=target)
    assert [agreed.allowances.get().metric, other.allowances.get().metric] == ["avatar_ms", "tts_characters"]


@pytest.mark.django_db(transaction=True)
def test_it_changes_no_plan_while_somebody_subscribes(workspace: Workspace) -> None:
    plan = offer(base=4_900, avatar_ms=Sold())
    refused: list[str] = []
    editor = threading.Thread(target=_raise_price, args=(plan, refused))
    with workspace_scope(workspace.pk):
        Subscription.objects.create(plan=plan, anchor_at=ANCHOR)
        editor.start()
        editor.join(0.5)
        assert editor.is_alive()  # it waits for the subscriber
    editor.join(10)
    plan.refresh_from_db()
    assert (plan.base_price_minor, len(refused)) == (4_900, 1)


def _raise_price(plan: Plan, refused: list[str]) -> None:
    try:
        Plan.objects.filter(pk=plan.pk).update(base_price_minor=9_900)
    except DatabaseError as error:
        refused.append(str(error))
    finally:
        connection.close()
