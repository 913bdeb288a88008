"""What an invoice says besides its lines, frozen when it is issued: a document needs nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.conf import settings

from quotas.models import BillingPeriod, BillingProfile

REVERSE_CHARGE = (
    "Reverse charge: the recipient of the service accounts for the tax (Article 196 of Council Directive 2006/112/EC)."
)


def profiles_of(workspaces: Iterable[UUID]) -> defaultdict[UUID, BillingProfile]:
    """To whom workspaces want their invoices addressed; an empty profile where nobody has said."""
    found = BillingProfile.objects.filter(workspace_id__in=list(workspaces))
    return defaultdict(BillingProfile, {profile.workspace_id: profile for profile in found})


def snapshot_of(period: BillingPeriod, profile: BillingProfile) -> dict[str, Any]:
    """Issuer, customer, plan, period and the tax note, as they are now."""
    return {
        "issuer": _issuer(),
        "customer": _customer(period, profile),
        "plan": {"code": period.plan.code, "version": period.plan.version, "name": period.plan.name},
        "period": {"starts_at": period.starts_at.isoformat(), "ends_at": period.ends_at.isoformat()},
        "tax_note": REVERSE_CHARGE if profile.reverse_charge else "",
        "days_to_pay": profile.days_to_pay,
    }


def _issuer() -> dict[str, Any]:
    return {
        "name": settings.INVOICE_ISSUER_NAME,
        "address": _lines(settings.INVOICE_ISSUER_ADDRESS, "|"),
        "country": settings.INVOICE_ISSUER_COUNTRY,
        "email": settings.INVOICE_ISSUER_EMAIL,
        "tax_number": settings.INVOICE_ISSUER_TAX_NUMBER,
        "bank": _lines(settings.INVOICE_ISSUER_BANK, "|"),
    }


def _customer(period: BillingPeriod, profile: BillingProfile) -> dict[str, Any]:
    return {
        "name": profile.name or period.workspace.name,
        "address": _lines(profile.address, "\n"),
        "country": profile.country,
        "email": profile.email,
        "tax_number": profile.tax_number,
    }


def _lines(text: str, separator: str) -> list[str]:
    return [line.strip() for line in text.split(separator) if line.strip()]
