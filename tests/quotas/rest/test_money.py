"""Credit and invoices on the REST API."""

from __future__ import annotations

import csv
import io

import pytest
from rest_framework.test import APIClient

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas.billing.credits import grant
from quotas.metrics import Metric
from quotas.models import GrantSource, Invoice
from tests.quotas.factories import an_invoice

pytestmark = pytest.mark.django_db
URL = "/api/v1/invoices"


@pytest.fixture
def bill(workspace: Workspace) -> Invoice:
    with workspace_scope(workspace.pk):
        return an_invoice(1234)


def test_it_lists_credit(alice_api: APIClient, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        grant(amount=2500, key="a", source=GrantSource.PROMO, currency="EUR", reason="Welcome")
        grant(amount=600_000, key="b", source=GrantSource.PURCHASE, metric=Metric.AVATAR_MS)
    rows = alice_api.get("/api/v1/credits").json()["results"]
    assert [(row["metric"], row["currency"], row["remaining"]) for row in rows] == [("avatar_ms", "", 600_000), ("", "EUR", 2500)]


def test_it_lists_invoices_a_page_at_a_time(alice_api: APIClient, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        numbers = [an_invoice(100 + n).number for n in range(3)]
    first = alice_api.get(URL, {"limit": 2}).json()
    second = alice_api.get(first["next"]).json()
    assert [row["number"] for row in first["results"] + second["results"]] == numbers[::-1]
    assert second["next"] is None


def test_it_shows_an_invoice_with_its_lines_and_parties(bill: Invoice, alice_api: APIClient) -> None:
    body = alice_api.get(f"{URL}/{bill.pk}").json()
    assert (body["number"], body["state"], body["reason"], body["total_minor"]) == (bill.number, "open", "purchase", 1234)
    assert [(line["kind"], line["amount_minor"], line["quantity"]) for line in body["lines"]] == [("purchase", 1234, 60_000)]
    assert body["customer"]["name"] == "Alice & Co"
    assert body["issuer"]["name"]


@pytest.mark.parametrize(("ending", "accept"), [(".pdf", "*/*"), (".pdf", "application/pdf"), ("", "application/pdf")])
def test_it_gives_the_pdf(ending: str, accept: str, bill: Invoice, alice_api: APIClient) -> None:
    answer = alice_api.get(f"{URL}/{bill.pk}{ending}", HTTP_ACCEPT=accept)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF-")
    assert f'filename="{bill.number}.pdf"' in answer.headers["Content-Disposition"]


@pytest.mark.parametrize(("ending", "accept"), [(".csv", "*/*"), ("", "text/csv")])
def test_it_gives_the_lines_as_csv(ending: str, accept: str, bill: Invoice, alice_api: APIClient) -> None:
    answer = alice_api.get(f"{URL}/{bill.pk}{ending}", HTTP_ACCEPT=accept)
    assert [row["amount_minor"] for row in csv.DictReader(io.StringIO(answer.content.decode()))] == ["1234"]


@pytest.mark.parametrize("ending", ["", ".pdf", ".csv"])
@pytest.mark.parametrize("accept", ["application/json", "application/pdf", "text/csv"])
def test_it_answers_strangers_with_a_problem(ending: str, accept: str, bill: Invoice, charlie_api: APIClient) -> None:
    answer = charlie_api.get(f"{URL}/{bill.pk}{ending}", HTTP_ACCEPT=accept)
    # Not acceptable is no answer about the invoice either.
    assert answer.status_code in {404, 406}
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] in {"not_found", "not_acceptable"}
