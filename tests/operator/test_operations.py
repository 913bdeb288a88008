"""Each manual change: what it does, that it says who and why, and that nothing happens without a reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEntry, User, Workspace
from accounts.tenancy import unscoped, workspace_scope
from quotas.billing.invoicing import purchase_invoice
from quotas.billing.standing import void
from quotas.metrics import Metric
from quotas.models import (
    Allowance,
    BillingPeriod,
    CreditGrant,
    Invoice,
    InvoiceState,
    OperatorEntry,
    Payment,
    PeriodState,
    StripeEvent,
    Subscription,
    SubscriptionStatus,
)
from quotas.periods import open_period, subscription_of
from tests.quotas.billing.bills import Sold, offer, put_on, use

pytestmark = pytest.mark.django_db
HOME = f"/{settings.ADMIN_PATH}"
WHY = "Agreed by telephone"


@pytest.fixture
def customer(workspace: Workspace) -> Workspace:
    """Alice's workspace on a plan since ten days ago."""
    put_on(workspace, offer(avatar_ms=Sold()), anchor_at=timezone.now() - timedelta(days=10))
    return workspace


@pytest.fixture
def invoice(customer: Workspace) -> Invoice:
    """One of 20.00."""
    with workspace_scope(customer.pk):
        return purchase_invoice(description="Credit", metric=Metric.AVATAR_MS, quantity=10, price_minor=2_000, key="1")


def carry_out(client: Client, row: str, name: str, values: Mapping[str, Any] | None = None, reason: str = WHY) -> int:
    """Post an operation's form as a browser does, what it was filled with included; the answer's status."""
    address = f"{HOME}{row}/do/{name}/"
    form = client.get(address).context["form"]
    filled = {
        key: "" if (value := form.get_initial_for_field(field, key)) is None else value for key, field in form.fields.items()
    }
    return client.post(address, {**filled, **(values or {}), "reason": reason}).status_code


def told(action: str, by: User, workspace: Workspace | None) -> OperatorEntry:
    """The only entry of the trail, which says what, who and why; the workspace's own audit says the same."""
    entry = OperatorEntry.objects.get()
    assert (entry.action, entry.actor_id, entry.reason) == (f"operator.{action}", by.pk, WHY)
    assert entry.workspace_id == (workspace and workspace.pk)
    if workspace:
        with workspace_scope(workspace.pk):
            audited = AuditEntry.objects.get(action=f"operator.{action}")
            assert (audited.actor_id, audited.data["reason"]) == (by.pk, WHY)
    return entry


def of(workspace: Workspace) -> str:
    return f"accounts/workspace/{workspace.pk}"


def test_it_changes_a_plan(olga: User, olga_client: Client, customer: Workspace) -> None:
    larger = offer(base=9_900)
    assert carry_out(olga_client, of(customer), "plan_changed", {"plan": str(larger.pk)}) == 302
    with workspace_scope(customer.pk):
        assert subscription_of(customer.pk).plan == larger
    assert told("plan_changed", olga, customer).data["after"] == str(larger)


def test_it_sets_a_metrics_own_terms_and_takes_them_back(olga: User, olga_client: Client, customer: Workspace) -> None:
    own = {"metric": "avatar_ms", "included": "5 000", "ceiling": "none", "unit_price": "0.25"}
    assert carry_out(olga_client, of(customer), "terms_set", own) == 302
    with workspace_scope(customer.pk):
        row = Allowance.objects.get(metric="avatar_ms")
        assert (row.included, row.ceiling, row.unit_price) == (5_000, None, Decimal("0.25"))
    assert told("terms_set", olga, customer).data["after"] == {
        "avatar_ms": {"included": 5000, "ceiling": None, "unit_price": "0.25"}
    }
    assert carry_out(olga_client, of(customer), "terms_set", {"metric": "avatar_ms"}) == 302
    with workspace_scope(customer.pk):
        assert subscription_of(customer.pk).price_overrides == {}
        assert Allowance.objects.get(metric="avatar_ms").included == 1_000


def test_it_refuses_terms_that_make_no_sense(olga_client: Client, customer: Workspace) -> None:
    for own in ({"metric": "voices", "overage": "charge"}, {"metric": "avatar_ms", "included": "many"}):
        assert carry_out(olga_client, of(customer), "terms_set", own) == 200
    with workspace_scope(customer.pk):
        assert subscription_of(customer.pk).price_overrides == {}
    assert not OperatorEntry.objects.exists()


def test_it_sets_a_base_price(olga: User, olga_client: Client, customer: Workspace) -> None:
    assert carry_out(olga_client, of(customer), "base_price_set", {"base_price": "39.90"}) == 302
    with workspace_scope(customer.pk):
        assert subscription_of(customer.pk).price_overrides == {"base_price_minor": 3990}
    told("base_price_set", olga, customer)


def test_it_grants_credit_of_a_metric_once(olga: User, olga_client: Client, customer: Workspace) -> None:
    values = {"metric": "avatar_ms", "amount": "700", "key": "operator/once"}
    assert carry_out(olga_client, of(customer), "credit_granted", values) == 302
    with workspace_scope(customer.pk):
        grant = CreditGrant.objects.get()
        assert (grant.metric, grant.amount, grant.currency, grant.source) == ("avatar_ms", 700, "", "manual")
        assert Allowance.objects.get(metric="avatar_ms").granted == 700
    told("credit_granted", olga, customer)
    assert carry_out(olga_client, of(customer), "credit_granted", values) == 302
    with workspace_scope(customer.pk):
        assert CreditGrant.objects.count() == 1


def test_it_grants_money(olga: User, olga_client: Client, customer: Workspace) -> None:
    tomorrow = (timezone.now() + timedelta(days=1)).date()
    assert carry_out(olga_client, of(customer), "credit_granted", {"amount": "12.50", "expires_on": str(tomorrow)}) == 302
    with workspace_scope(customer.pk):
        grant = CreditGrant.objects.get()
        assert (grant.metric, grant.amount, grant.currency) == ("", 1250, "EUR")
    told("credit_granted", olga, customer)


def test_it_refuses_credit_that_makes_no_sense(olga_client: Client, customer: Workspace) -> None:
    for values in ({"metric": "avatar_ms", "amount": "7.5"}, {"amount": "0"}, {"amount": "5", "expires_on": "2020-01-01"}):
        assert carry_out(olga_client, of(customer), "credit_granted", values) == 200
    with workspace_scope(customer.pk):
        assert not CreditGrant.objects.exists()
    assert not OperatorEntry.objects.exists()


def test_it_extends_the_grace_of_the_overdue_only(olga: User, olga_client: Client, customer: Workspace) -> None:
    address = f"{HOME}{of(customer)}/do/grace_extended/"
    assert olga_client.get(address).status_code == 404
    with workspace_scope(customer.pk):
        Subscription.objects.update(status=SubscriptionStatus.SUSPENDED, grace_until=timezone.now() - timedelta(days=20))
    yesterday, later = (str((timezone.now() + timedelta(days=days)).date()) for days in (-1, 7))
    assert carry_out(olga_client, of(customer), "grace_extended", {"until": yesterday}) == 200
    assert not OperatorEntry.objects.exists()
    assert carry_out(olga_client, of(customer), "grace_extended", {"until": later}) == 302
    with workspace_scope(customer.pk):
        subscription = Subscription.objects.get()
        assert subscription.status == SubscriptionStatus.PAST_DUE
        assert subscription.grace_until is not None
        assert str(subscription.grace_until.date()) == later
    told("grace_extended", olga, customer)


def test_it_closes_periods_now(olga: User, olga_client: Client, workspace: Workspace) -> None:
    begun = timezone.now() - timedelta(days=40)
    put_on(workspace, offer(avatar_ms=Sold()), anchor_at=begun)
    use(workspace, 3_000, at=begun + timedelta(days=1))
    assert carry_out(olga_client, of(workspace), "periods_closed") == 302
    with workspace_scope(workspace.pk):
        closed = BillingPeriod.objects.get(state=PeriodState.CLOSED)
        assert Invoice.objects.get(period=closed).subtotal_minor == 4_900 + 100
    assert told("periods_closed", olga, workspace).data == {"closed": [str(closed.pk)]}


def bill(invoice: Invoice) -> str:
    return f"quotas/invoice/{invoice.pk}"


def test_it_records_a_transfer(olga: User, olga_client: Client, customer: Workspace, invoice: Invoice) -> None:
    assert carry_out(olga_client, bill(invoice), "payment_recorded", {"reference": "bank/1"}) == 302
    with workspace_scope(customer.pk):
        assert Invoice.objects.get().state == InvoiceState.PAID
        assert Payment.objects.get().amount_minor == 2_000
    assert told("payment_recorded", olga, customer).data["amount_minor"] == 2_000


def test_it_voids_and_issues_again(olga: User, olga_client: Client, customer: Workspace, invoice: Invoice) -> None:
    assert carry_out(olga_client, bill(invoice), "invoice_voided") == 302
    told("invoice_voided", olga, customer)
    assert carry_out(olga_client, bill(invoice), "invoice_reissued") == 302
    with workspace_scope(customer.pk):
        assert Invoice.objects.get(pk=invoice.pk).state == InvoiceState.VOID
        assert Invoice.objects.get(replaces=invoice).total_minor == 2_000
    newest = OperatorEntry.objects.latest("created_at")
    assert (newest.action, newest.actor_id, newest.reason) == ("operator.invoice_reissued", olga.pk, WHY)
    assert olga_client.get(f"{HOME}{bill(invoice)}/do/invoice_voided/").status_code == 404


def test_it_gives_an_invoice_up(olga: User, olga_client: Client, customer: Workspace, invoice: Invoice) -> None:
    assert carry_out(olga_client, bill(invoice), "invoice_given_up") == 302
    with workspace_scope(customer.pk):
        assert Invoice.objects.get().state == InvoiceState.UNCOLLECTIBLE
    told("invoice_given_up", olga, customer)


def test_it_undoes_the_whole_change_when_a_service_refuses(olga_client: Client, customer: Workspace, invoice: Invoice) -> None:
    address = f"{HOME}{bill(invoice)}/do/payment_recorded/"
    page = olga_client.get(address)
    assert page.status_code == 200
    used_up = {"amount_minor": "20.00", "reference": " ", "received_on": "2026-01-01", "reason": WHY}
    assert olga_client.post(address, used_up).status_code == 200
    with workspace_scope(customer.pk):
        assert not Payment.objects.exists()
        assert not AuditEntry.objects.filter(action__startswith="operator.").exists()
        void(invoice_id=invoice.pk, at=timezone.now())
    assert olga_client.post(address, used_up | {"reference": "bank/2"}).status_code == 404
    assert not OperatorEntry.objects.exists()


def every_operation(customer: Workspace, invoice: Invoice) -> Iterator[tuple[str, str]]:
    for name in ("plan_changed", "terms_set", "base_price_set", "credit_granted", "periods_closed"):
        yield of(customer), name
    for name in ("payment_recorded", "invoice_voided", "invoice_given_up"):
        yield bill(invoice), name


def test_it_changes_nothing_without_a_reason(olga_client: Client, customer: Workspace, invoice: Invoice) -> None:
    values = {"plan": str(offer().pk), "metric": "avatar_ms", "included": "9", "base_price": "1", "amount": "5", "reference": "x"}
    with unscoped("a test looks at every row"):
        before = list(Subscription.objects.values()), list(Invoice.objects.values()), list(CreditGrant.objects.values())
    for row, name in every_operation(customer, invoice):
        assert carry_out(olga_client, row, name, values, reason=" ") == 200, name
    with unscoped("a test looks at every row"):
        after = list(Subscription.objects.values()), list(Invoice.objects.values()), list(CreditGrant.objects.values())
    assert after == before
    assert not OperatorEntry.objects.exists()


def test_it_tries_a_stripe_event_again(olga: User, olga_client: Client, django_capture_on_commit_callbacks: Any) -> None:
    event = StripeEvent.objects.create(id="evt_1", type="customer.updated", created=timezone.now(), payload={}, error="No reply")
    with django_capture_on_commit_callbacks() as sent:
        assert carry_out(olga_client, f"quotas/stripeevent/{event.pk}", "stripe_event_retried") == 302
    assert len(sent) == 1
    told("stripe_event_retried", olga, None)
    StripeEvent.objects.update(processed_at=timezone.now())
    assert olga_client.get(f"{HOME}quotas/stripeevent/evt_1/do/stripe_event_retried/").status_code == 404


def test_it_keeps_the_trail_as_it_was_written(olga_client: Client, customer: Workspace) -> None:
    carry_out(olga_client, of(customer), "base_price_set", {"base_price": "1"})
    entry = OperatorEntry.objects.get()
    for verb in ("change", "delete"):
        answer = olga_client.post(f"{HOME}quotas/operatorentry/{entry.pk}/{verb}/", {"reason": "other", "post": "yes"})
        assert answer.status_code == 403
    assert OperatorEntry.objects.get().reason == WHY
    assert WHY in olga_client.get(f"{HOME}quotas/operatorentry/").content.decode()


def test_it_writes_only_into_the_workspace_it_is_about(
    olga_client: Client, customer: Workspace, charlies_workspace: Workspace
) -> None:
    with workspace_scope(charlies_workspace.pk):
        open_period(charlies_workspace.pk, timezone.now())
        before = list(Subscription.objects.values()), list(Allowance.objects.order_by("id").values())
    carry_out(olga_client, of(customer), "terms_set", {"metric": "avatar_ms", "included": "9"})
    with workspace_scope(charlies_workspace.pk):
        assert (list(Subscription.objects.values()), list(Allowance.objects.order_by("id").values())) == before
        assert not AuditEntry.objects.filter(action__startswith="operator.").exists()
