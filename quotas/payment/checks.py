"""Settings of payment that can't work, told when a process starts (`manage.py check`)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import checks

from quotas.models import PaymentMethod


def payment_settings(app_configs: Any, **_: Any) -> list[checks.CheckMessage]:
    """Nothing is wrong while billing is off."""
    if not settings.BILLING_ENABLED:
        return []
    found: list[checks.CheckMessage] = []
    if settings.PAYMENT_METHOD not in PaymentMethod.values:
        found.append(checks.Error(f"PAYMENT_METHOD must be one of {', '.join(PaymentMethod.values)}.", id="quotas.E001"))
    if settings.PAYMENT_METHOD == PaymentMethod.STRIPE and not settings.STRIPE_API_KEY:
        found.append(checks.Error("PAYMENT_METHOD=stripe needs STRIPE_API_KEY.", id="quotas.E002"))
    if settings.STRIPE_API_KEY and not settings.STRIPE_WEBHOOK_SECRET:
        hint = "Payments are found at the next attempt only; new cards not at all."
        found.append(checks.Warning("Without STRIPE_WEBHOOK_SECRET the inbox is closed.", hint=hint, id="quotas.W001"))
    return found
