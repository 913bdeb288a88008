"""Who gets into the operator's pages, and what they see of the tenants' rows there."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User, Workspace
from accounts.operator import site
from accounts.services.workspaces import workspace_create
from accounts.tenancy import ScopeMissing, unscoped, workspace_scope
from quotas.admin.trail import note
from quotas.billing.credits import grant
from quotas.billing.reconciliation import accept, reconcile
from quotas.billing.statements import StatementHead, import_statement
from quotas.metrics import Metric
from quotas.models import GrantSource, Invoice, ProviderRate, SpendCap, StripeEvent, Subscription
from quotas.payment.transfers import record_manual_payment
from quotas.periods import subscription_of
from tests.operator.conftest import give_second_factor
from tests.people import person, sign_in
from tests.quotas.billing.bills import Sold, close, offer, put_on, use

pytestmark = pytest.mark.django_db
HOME = f"/{settings.ADMIN_PATH}"
SECRET = "JBSWY3DPEHPK3PXP"


def every_list() -> list[str]:
    """The address of every list and page of the site."""
    models = [f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist" for model in site._registry]
    return [reverse(name) for name in [*models, *(f"admin:{page.name}" for page in site.pages), "admin:index"]]


def test_it_hides_from_members_and_sends_strangers_to_sign_in(alice_client: Client, client: Client) -> None:
    for address in every_list():
        assert alice_client.get(address).status_code == 404
        answer = client.get(address)
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, reverse("account_login"))


def test_it_hides_changes_from_members(alice_client: Client, workspace: Workspace) -> None:
    for name in ("plan_changed", "credit_granted"):
        address = f"{HOME}accounts/workspace/{workspace.pk}/do/{name}/"
        assert alice_client.post(address, {"reason": "mine"}).status_code == 404
    with workspace_scope(workspace.pk):
        assert not Subscription.objects.exists()


def test_it_asks_staff_for_a_second_factor(frank: User) -> None:
    client = sign_in(frank)
    assert client.get(HOME)["Location"].startswith(reverse("mfa_activate_totp"))
    give_second_factor(client, frank)
    assert client.get(HOME).status_code == 200
    session = client.session
    session["account_authentication_methods"] = session["account_authentication_methods"][:1]
    session.save()
    assert client.get(HOME)["Location"] == f"{reverse('mfa_reauthenticate')}?next=%2F{settings.ADMIN_PATH[:-1]}%2F"


def test_it_lets_staff_in_by_the_code_of_their_app(frank: User) -> None:
    TOTP.activate(frank, SECRET)
    client = sign_in(frank)
    question = client.get(HOME)["Location"]
    assert client.get(question).status_code == 200
    assert client.post(question, {"code": "000000"}).status_code == 200
    assert client.get(HOME).status_code == 302
    code = format_hotp_value(hotp_value(SECRET, next(yield_hotp_counters_from_time())))
    assert client.post(question, {"code": code})["Location"] == HOME
    assert client.get(HOME).status_code == 200


def test_it_lets_nobody_in_who_is_no_longer_active_or_staff(olga: User, olga_client: Client) -> None:
    assert olga_client.get(HOME).status_code == 200
    User.objects.filter(pk=olga.pk).update(is_staff=False)
    assert olga_client.get(HOME).status_code == 404
    User.objects.filter(pk=olga.pk).update(is_staff=True, is_active=False)
    assert olga_client.get(HOME).status_code == 302


def test_it_shows_every_list_to_operators(
    olga_client: Client, walter_client: Client, workspace: Workspace, charlies_workspace: Workspace
) -> None:
    for client in (olga_client, walter_client):
        for address in every_list():
            assert client.get(address).status_code == 200, address
    shown = olga_client.get(f"{HOME}accounts/workspace/").content.decode()
    assert "Alice &amp; Co" in shown
    assert "Charlie Ltd" in shown


def test_it_closes_the_scope_with_the_page(olga_client: Client, workspace: Workspace) -> None:
    assert olga_client.get(f"{HOME}accounts/workspace/{workspace.pk}/change/").status_code == 200
    with pytest.raises(ScopeMissing):
        Subscription.objects.count()


def test_it_gives_those_who_may_only_look_no_operation(walter_client: Client, workspace: Workspace) -> None:
    page = walter_client.get(f"{HOME}accounts/workspace/{workspace.pk}/change/")
    assert page.status_code == 200
    assert "do/plan_changed" not in page.content.decode()
    with workspace_scope(workspace.pk):
        before = subscription_of(workspace.pk).plan_id
    answer = walter_client.post(f"{HOME}accounts/workspace/{workspace.pk}/do/plan_changed/", {"reason": "I want to"})
    assert answer.status_code == 403
    assert walter_client.get(f"{HOME}quotas/plan/add/").status_code == 403
    assert walter_client.get(f"{HOME}quotas/providerstatement/add/").status_code == 403
    with workspace_scope(workspace.pk):
        assert subscription_of(workspace.pk).plan_id == before


def test_it_never_deletes(olga_client: Client, workspace: Workspace) -> None:
    assert olga_client.post(f"{HOME}accounts/workspace/{workspace.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Workspace.objects.filter(pk=workspace.pk).exists()


def test_it_makes_an_operator_of_a_person_with_an_address(alice: User, capsys: Any) -> None:
    call_command("create_operator", alice.email)
    alice.refresh_from_db()
    assert (alice.is_staff, alice.is_superuser) == (True, True)
    call_command("create_operator", alice.email, "--may-only-look")
    alice.refresh_from_db()
    assert (alice.is_staff, alice.is_superuser) == (True, False)
    call_command("create_operator", alice.email, "--revoke")
    alice.refresh_from_db()
    assert (alice.is_staff, alice.is_superuser) == (False, False)


def test_it_makes_a_new_person_with_a_password_to_be_set(db: None, capsys: Any) -> None:
    call_command("create_operator", "new@example.com")
    made = User.objects.get(email="new@example.com")
    assert (made.is_staff, made.has_usable_password()) == (True, False)
    assert "password" in capsys.readouterr().out
    for wrong in (("new",), ("nobody@example.com", "--revoke")):
        with pytest.raises(CommandError):
            call_command("create_operator", *wrong)
    assert User.objects.count() == 1


def test_it_signs_operators_out(olga_client: Client) -> None:
    olga_client.post(f"{HOME}logout/")
    assert olga_client.get(HOME).status_code == 302


@pytest.fixture
def full_house(alice_key: str, workspace: Workspace) -> None:
    """A row of nearly every kind: a workspace that used, was invoiced, paid and holds; a rate and a statement."""
    begun = timezone.now() - timedelta(days=40)
    put_on(workspace, offer(avatar_ms=Sold()), anchor_at=begun)
    use(workspace, 3_000, at=begun + timedelta(days=1), provider="faces", provider_cost=Decimal(1), provider_currency="EUR")
    close(timezone.now())
    with workspace_scope(workspace.pk):
        grant(amount=5, key="1", source=GrantSource.PROMO, metric=Metric.AVATAR_MS)
        record_manual_payment(invoice_id=Invoice.objects.get().pk, amount_minor=100, reference="1", at=timezone.now())
        SpendCap.objects.create(amount_minor=100)
    ProviderRate.objects.create(provider="faces", metric="avatar_ms", unit_cost=1, valid_from=begun)
    head = StatementHead(provider="faces", number="1", starts_at=begun, ends_at=timezone.now())
    statement = import_statement(head=head, text="sku,metric,quantity,cost\n,avatar_ms,1,5\n")
    reconcile(statement)
    accept(statement)
    StripeEvent.objects.create(id="evt_1", type="test", created=begun, payload={})
    note("tried", reason="a test")


def test_it_shows_every_kind_of_row(olga_client: Client, walter_client: Client, full_house: None) -> None:
    for model in site._registry:
        with unscoped("a test looks for any row"):
            row = model._default_manager.first()
            assert row is not None, model
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[row.pk])
        for client in (olga_client, walter_client):
            assert client.get(address).status_code == 200, address
        assert olga_client.get(reverse("admin:app_list", args=[model._meta.app_label])).status_code == 200


def test_it_searches_every_list(olga_client: Client, full_house: None) -> None:
    for address in every_list():
        assert olga_client.get(address, {"q": "alice"}).status_code == 200, address


def test_it_lists_workspaces_in_as_many_queries_however_many_there_are(olga_client: Client, full_house: None) -> None:
    address = f"{HOME}accounts/workspace/"
    olga_client.get(address)  # opens what is opened once
    with CaptureQueriesContext(connection) as one:
        olga_client.get(address)
    for number in range(20):
        workspace_create(user=person(f"p{number}"), name=f"Workspace {number}")
    with CaptureQueriesContext(connection) as many:
        page = olga_client.get(address).content.decode()
    assert "Workspace 19" in page
    assert len(many) == len(one)
