"""Signing up and in: with a mailed code, a password, a reset; with an authenticator app and recovery codes."""

from __future__ import annotations

import re
import time
from typing import Any
from uuid import UUID

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from django.test import Client, override_settings

from accounts.models import AuditEntry, Role, User
from accounts.selectors import workspaces_of
from accounts.tenancy import workspace_scope
from tests.people import person, sign_in

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
ME = "/api/v1/me"


@pytest.fixture(autouse=True)
def _quick() -> Any:
    """A fast hasher, as passwords are typed here; limits off, as they outlive a test."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"], ACCOUNT_RATE_LIMITS=False):
        yield


@pytest.fixture
def dora(db: None) -> User:
    user = person("Dora")
    user.set_password(PASSWORD)
    user.save()
    return user


def mailed_code() -> str:
    found = re.search(r"^([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})$", str(mail.outbox[-1].body), re.MULTILINE)
    assert found, mail.outbox[-1].body
    return found[1]


def signed_in(client: Client) -> bool:
    return bool(client.get(ME).status_code == 200)


def sign_up(client: Client, **changes: str) -> Any:
    return client.post("/accounts/signup/", {"name": "Erik Ås", "email": "erik@example.com", "password1": PASSWORD} | changes)


def test_it_signs_up_with_a_code_and_makes_a_workspace() -> None:
    client = Client()
    sign_up(client)
    assert not signed_in(client)
    message = mail.outbox[-1]
    assert (message.to, mailed_code() in message.subject) == (["erik@example.com"], True)
    client.post("/accounts/confirm-email/", {"code": mailed_code()})
    caller = client.get(ME).json()
    assert caller["workspace"]["name"] == "Erik Ås's workspace"
    assert caller["caller"]["role"] == Role.OWNER
    assert EmailAddress.objects.get(email="erik@example.com").verified
    with workspace_scope(UUID(caller["workspace"]["id"])):
        assert AuditEntry.objects.get(action="workspace.created").actor_id == UUID(caller["caller"]["id"])


def test_it_lets_nobody_in_with_a_wrong_code() -> None:
    client = Client()
    sign_up(client)
    assert client.post("/accounts/confirm-email/", {"code": "AAAAAA"}).status_code == 200
    assert not signed_in(client)
    assert workspaces_of(User.objects.get(email="erik@example.com")) == []


@pytest.mark.parametrize("password", ["short", "password1234", "erik@example.com"])
def test_it_refuses_weak_passwords(password: str) -> None:
    assert sign_up(Client(), password1=password).status_code == 200
    assert not User.objects.exists()


def test_it_does_not_tell_who_has_an_account(dora: User) -> None:
    new, known = sign_up(Client()), sign_up(Client(), email=dora.email)
    assert (new.status_code, new.headers["Location"]) == (known.status_code, known.headers["Location"])
    assert mail.outbox[-1].subject == "You have an account already"
    assert User.objects.filter(email=dora.email).count() == 1


def test_it_signs_in_with_a_password_or_not(dora: User) -> None:
    client = Client()
    assert client.post("/accounts/login/", {"login": dora.email, "password": "wrong horse battery"}).status_code == 200
    assert not signed_in(client)
    client.post("/accounts/login/", {"login": dora.email.upper(), "password": PASSWORD})
    assert signed_in(client)


def test_it_signs_in_with_a_mailed_code(dora: User) -> None:
    client = Client()
    client.post("/accounts/login/code/", {"email": dora.email})
    assert not signed_in(client)
    client.post("/accounts/login/code/confirm/", {"code": mailed_code()})
    assert signed_in(client)
    assert [workspace.name for workspace in workspaces_of(dora)] == ["Dora's workspace"]


def test_it_resets_a_password_by_a_link(dora: User) -> None:
    client = Client()
    client.post("/accounts/password/reset/", {"email": dora.email})
    found = re.search(r"http://\S+(/accounts/password/reset/key/\S+)", str(mail.outbox[-1].body))
    assert found
    form = client.get(found[1], follow=True)
    address = form.redirect_chain[-1][0]
    client.post(address, {"password1": "another horse battery", "password2": "another horse battery"})
    dora.refresh_from_db()
    assert dora.check_password("another horse battery")
    again = Client().get(found[1], follow=True)
    assert "no longer works" in again.content.decode(), "a link works once"


@pytest.mark.django_db(transaction=True)
def test_it_asks_for_the_second_step_and_takes_a_recovery_code_once(dora: User) -> None:
    browser = sign_in(dora)
    page = browser.get("/accounts/2fa/totp/activate/")
    secret = page.context["form"].secret
    browser.post("/accounts/2fa/totp/activate/", {"code": totp(secret)})
    assert mail.outbox[-1].subject == "Authenticator app turned on"
    codes = browser.get("/accounts/2fa/recovery-codes/").context["unused_codes"]
    assert len(codes) == 10
    for code, enters in ((codes[0], True), (codes[0], False), ("000000", False)):
        client = Client()
        client.post("/accounts/login/", {"login": dora.email, "password": PASSWORD})
        assert not signed_in(client)
        client.post("/accounts/2fa/authenticate/", {"code": code})
        assert signed_in(client) is enters


def totp(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def test_it_writes_plain_and_short_mails(dora: User) -> None:
    sign_up(Client())
    Client().post("/accounts/login/code/", {"email": dora.email})
    Client().post("/accounts/password/reset/", {"email": "nobody@example.com"})
    assert len(mail.outbox) == 3
    for message in mail.outbox:
        assert str(message.body).rstrip().endswith("Visavis")
        assert len(str(message.body).splitlines()) < 14
        assert message.content_subtype == "plain"
        assert not getattr(message, "alternatives", None)
        assert "&" not in str(message.body).replace("&amp;", "!")
