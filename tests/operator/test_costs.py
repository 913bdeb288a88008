"""Statements and margin as the operator's pages show them."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts.models import User, Workspace
from quotas.models import OperatorEntry, ProviderCostAdjustment, ProviderStatement
from tests.operator.test_operations import WHY, carry_out
from tests.quotas.billing.bills import Sold, offer, put_on, use

pytestmark = pytest.mark.django_db
HOME = f"/{settings.ADMIN_PATH}"
CSV = "sku,metric,quantity,cost\nhd,tts_characters,1000,0.05\n"


def upload(client: Client, text: str = CSV, **changes: str) -> Any:
    today = timezone.now().date()
    values = {
        "provider": "voices",
        "number": "7",
        "starts_on": str(today - timedelta(days=30)),
        "ends_on": str(today + timedelta(days=1)),
        "currency": "eur",
        "tolerance_bp": "100",
        "reason": WHY,
        "file": SimpleUploadedFile("march.csv", text.encode()),
    }
    return client.post(f"{HOME}quotas/providerstatement/add/", values | changes)


def speak(workspace: Workspace, cost: str | None = "0.03", **attributes: Any) -> None:
    """A thousand characters, yesterday, on a plan that charges for all of them."""
    begun = timezone.now() - timedelta(days=2)
    put_on(workspace, offer(tts_characters=Sold(included=0, price="1", size=10)), anchor_at=begun)
    costs = {
        "provider": "voices",
        "sku": "hd",
        "provider_cost": cost and Decimal(cost),
        "provider_currency": "EUR" if cost else "",
    }
    use(workspace, 1000, at=begun + timedelta(days=1), metric="tts_characters", **costs | attributes)


def test_it_imports_compares_and_accepts_a_statement(olga: User, olga_client: Client, workspace: Workspace) -> None:
    speak(workspace)
    assert upload(olga_client).status_code == 302
    statement = ProviderStatement.objects.get()
    row = f"quotas/providerstatement/{statement.pk}"
    assert carry_out(olga_client, row, "statement_reconciled") == 302
    assert "0 units, +0.02" in olga_client.get(f"{HOME}{row}/change/").content.decode()
    assert carry_out(olga_client, row, "statement_accepted") == 302
    assert ProviderCostAdjustment.objects.get().amount == Decimal("0.02")
    assert olga_client.get(f"{HOME}{row}/do/statement_reconciled/").status_code == 404
    trail = OperatorEntry.objects.order_by("created_at").values_list("action", "actor", "reason")
    names = ("statement_imported", "statement_reconciled", "statement_accepted")
    assert list(trail) == [(f"operator.{name}", olga.pk, WHY) for name in names]


@pytest.mark.parametrize(
    ("text", "changes"),
    [("nothing", {}), (CSV + "x,minutes,1,1\n", {}), (CSV, {"reason": ""}), (CSV, {"ends_on": "2020-01-01"})],
)
def test_it_imports_nothing_that_it_can_not_read(olga_client: Client, text: str, changes: dict[str, str]) -> None:
    assert upload(olga_client, text, **changes).status_code == 200
    assert not ProviderStatement.objects.exists()
    assert not OperatorEntry.objects.exists()


def test_it_imports_a_file_from_the_console(tmp_path: Any, capsys: Any, workspace: Workspace) -> None:
    speak(workspace)
    month = f"{timezone.now():%Y-%m}"
    file = tmp_path / "statement.csv"
    file.write_text(CSV)
    call_command("import_statement", str(file), provider="voices", number="7", month=month)
    told = capsys.readouterr().out
    assert ProviderStatement.objects.get().state == "differs"
    assert "tts_characters" in told
    with pytest.raises(CommandError, match="imported before"):
        call_command("import_statement", str(file), provider="voices", number="7", month=month)


def margin(client: Client, **query: str) -> list[dict[str, str]]:
    answer = client.get(f"{HOME}margin/", query | {"format": "csv"})
    assert answer["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


def test_it_shows_costs_and_margin_by_workspace_and_provider(olga_client: Client, workspace: Workspace) -> None:
    speak(workspace)
    month = f"{timezone.now() - timedelta(days=1):%Y-%m}"
    (row,) = margin(olga_client)
    assert (row["month"], row["id"], row["name"]) == (month, str(workspace.pk), "Alice & Co")
    assert (row["revenue"], row["cost"], row["margin"], row["currency"]) == ("0.0000", "0.0300", "-0.0300", "EUR")
    (row,) = margin(olga_client, by="provider")
    assert (row["name"], row["cost"]) == ("voices", "0.0300")
    page = olga_client.get(f"{HOME}margin/").content.decode()
    assert "Alice &amp; Co" in page
    assert "Used without a rate" not in page


def test_it_shows_what_was_used_without_a_rate(olga_client: Client, workspace: Workspace) -> None:
    speak(workspace, cost=None)
    assert "Used without a rate" in olga_client.get(f"{HOME}margin/").content.decode()
    overview = olga_client.get(HOME)
    assert "1" in [figure.value for figure in overview.context["figures"] if figure.label == "skus used without a rate"]


def test_it_keeps_spreadsheets_from_running_a_name(olga_client: Client, workspace: Workspace) -> None:
    Workspace.objects.filter(pk=workspace.pk).update(name="=HYPERLINK(1)")
    speak(workspace)
    assert margin(olga_client)[0]["name"] == "'=HYPERLINK(1)"


def test_it_refuses_months_that_make_no_sense(olga_client: Client) -> None:
    for query in ({"first": "2026-03", "last": "2026-01"}, {"first": "2000-01"}, {"first": "soon"}):
        page = olga_client.get(f"{HOME}margin/", query)
        assert page.status_code == 200
        assert not page.context["form"].is_valid()


def test_it_compares_counters_with_the_ledger_when_asked(olga_client: Client, workspace: Workspace) -> None:
    speak(workspace)
    assert "No difference" not in olga_client.get(f"{HOME}differences/").content.decode()
    assert "No difference" in olga_client.get(f"{HOME}differences/?now").content.decode()
