"""Olga is an operator who has given her second factor; Walter may look only; Frank is staff without a second factor."""

from __future__ import annotations

import time

import pytest
from allauth.account.internal.userkit import user_id_to_str
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client

from accounts.models import User
from tests.people import person, sign_in


def staff(name: str, *, may_change: bool) -> User:
    user = person(name)
    user.is_staff, user.is_superuser = True, may_change
    user.save()
    return user


def give_second_factor(client: Client, user: User) -> Client:
    """What allauth keeps in the login session once a code was right."""
    TOTP.activate(user, "JBSWY3DPEHPK3PXP")
    RecoveryCodes.activate(user)
    session = client.session
    session["account_authentication_methods_user"] = user_id_to_str(user)
    session["account_authentication_methods"] = [
        {"method": "password", "at": time.time()},
        {"method": "mfa", "type": "totp", "at": time.time(), "reauthenticated": True},
    ]
    session.save()
    return client


@pytest.fixture
def olga(db: None) -> User:
    return staff("Olga", may_change=True)


@pytest.fixture
def olga_client(olga: User) -> Client:
    return give_second_factor(sign_in(olga), olga)


@pytest.fixture
def walter_client(db: None) -> Client:
    walter = staff("Walter", may_change=False)
    return give_second_factor(sign_in(walter), walter)


@pytest.fixture
def frank(db: None) -> User:
    return staff("Frank", may_change=True)
