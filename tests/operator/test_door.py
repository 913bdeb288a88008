"""Who gets into the operator's pages, and what they see of the tenants' rows there."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from accounts.models import User, Workspace
from accounts.operator import site
from accounts.tenancy import ScopeMissing, workspace_scope
from quotas.models import Subscription
from quotas.periods import subscription_of
from tests.operator.conftest import give_second_factor
from tests.people import sign_in

pytestmark = pytest.mark.django_db
HOME = f"/{settings.ADMIN_PATH}"


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


def test_it_signs_operators_out(olga_client: Client) -> None:
    olga_client.post(f"{HOME}logout/")
    assert olga_client.get(HOME).status_code == 302
