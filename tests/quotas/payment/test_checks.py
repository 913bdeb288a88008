"""Settings of payment that can't work are told when a process starts."""

from __future__ import annotations

import pytest
from django.core.checks import run_checks
from pytest_django.fixtures import Settings


@pytest.mark.parametrize(
    ("method", "key", "secret", "found"),
    [
        ("manual", "", "", []),
        ("stripe", "sk", "whsec", []),
        ("barter", "", "", ["quotas.E001"]),
        ("stripe", "", "", ["quotas.E002"]),
        ("manual", "sk", "", ["quotas.W001"]),
    ],
)
def test_it_tells_what_is_missing(settings: Settings, method: str, key: str, secret: str, found: list[str]) -> None:
    settings.PAYMENT_METHOD, settings.STRIPE_API_KEY, settings.STRIPE_WEBHOOK_SECRET = method, key, secret
    assert [message.id for message in run_checks() if str(message.id).startswith("quotas.")] == found
    settings.BILLING_ENABLED = False
    assert not [message for message in run_checks() if str(message.id).startswith("quotas.")]
