"""Invoices: the list, one of them, its files, and the next one."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas.billing.closing import close_due
from quotas.billing.subscriptions import plan_change
from quotas.billing.wording import span
from quotas.metrics import Metric
from quotas.models import BillingPeriod, Invoice
from tests.quotas.factories import an_invoice, used
from tests.quotas.pages.reading import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def bill(workspace: Workspace) -> Invoice:
    with workspace_scope(workspace.pk):
        return an_invoice(1234)


def test_it_lists_them_newest_first(bill: Invoice, alice_client: Client, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        newer = an_invoice(99)
    text = text_of(alice_client, "/billing/invoices")
    assert text.index(newer.number) < text.index(bill.number)
    assert "€12.34 Open until" in text


def test_it_says_which_period_an_invoice_is_for(alice_client: Client, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        plan_change(plan_code="starter", at=timezone.now() - timedelta(days=40))
        ended = BillingPeriod.objects.earliest("starts_at")
    assert close_due(now=timezone.now()) >= 1
    assert span(ended.starts_at, ended.ends_at) in text_of(alice_client, "/billing/invoices")


def test_it_says_that_there_are_none(alice_client: Client) -> None:
    assert "No invoices yet." in text_of(alice_client, "/billing/invoices")


def test_it_shows_one(bill: Invoice, alice_client: Client) -> None:
    text = text_of(alice_client, f"/billing/invoices/{bill.pk}")
    assert f"Invoice {bill.number} Open until" in text
    assert "Total €12.34" in text
    assert "Alice & Co" in text


def test_it_gives_it_as_files(bill: Invoice, alice_client: Client) -> None:
    files = {kind: alice_client.get(f"/billing/invoices/{bill.pk}.{kind}") for kind in ("pdf", "csv", "json")}
    assert all(f'filename="{bill.number}.{kind}"' in one.headers["Content-Disposition"] for kind, one in files.items())
    assert files["pdf"].content.startswith(b"%PDF-")
    assert json.loads(files["json"].content)["total_minor"] == 1234
    assert [row["amount_minor"] for row in csv.DictReader(io.StringIO(files["csv"].content.decode()))] == ["1234"]
    assert alice_client.get(f"/billing/invoices/{bill.pk}.exe").status_code == 404
    assert f"Invoice {bill.number}" in alice_client.get(f"/billing/invoices/{bill.pk}/sheet").content.decode()


def test_it_gives_all_of_them_as_one_file(bill: Invoice, alice_client: Client, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        an_invoice(99)
    rows = list(csv.DictReader(io.StringIO(alice_client.get("/billing/invoices.csv").content.decode())))
    assert sorted(row["amount_minor"] for row in rows) == ["1234", "99"]


def test_it_shows_strangers_nothing(bill: Invoice, charlie_client: Client) -> None:
    for ending in ("", "/sheet", ".pdf", ".csv", ".json"):
        assert charlie_client.get(f"/billing/invoices/{bill.pk}{ending}").status_code == 404
    assert charlie_client.post(f"/billing/invoices/{bill.pk}/pay").status_code == 404
    assert bill.number not in charlie_client.get("/billing/invoices").content.decode()


def test_it_shows_what_is_growing(alice_client: Client, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        plan_change(plan_code="starter")
        used(Metric.AVATAR_MS, 11 * 3_600_000)
        before = Invoice.objects.count()
    text = text_of(alice_client, "/billing/invoices/upcoming")
    assert "Starter plan 1 €49.00 €49.00" in text
    assert "Avatar time, included 10:00:00.000 h €0.00" in text
    assert "above the included amount 1:00:00.000 h €0.10 / min €6.00" in text
    assert "Total so far €55.00" in text
    with workspace_scope(workspace.pk):
        assert Invoice.objects.count() == before


def test_it_expects_no_base_price_after_a_cancellation(alice_client: Client, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        plan_change(plan_code="starter")
    alice_client.post("/billing/cancel")
    assert "Nothing so far" in text_of(alice_client, "/billing/invoices/upcoming")


def test_it_pays_online_only_where_that_is_possible(bill: Invoice, alice_client: Client) -> None:
    assert alice_client.post(f"/billing/invoices/{bill.pk}/pay").status_code == 409
