"""To whom a workspace wants its invoices addressed. Rates of tax and days to pay are the operator's."""

from __future__ import annotations

from django.db import transaction

from accounts import audit
from accounts.tenancy import current_workspace_id
from quotas.models import BillingProfile

_FIELDS = ("name", "address", "country", "tax_number", "email")


@transaction.atomic
def profile_save(*, name: str, address: str, country: str, tax_number: str, email: str) -> BillingProfile:
    """Address invoices so from now on; issued ones stay as they are. The trail says which fields changed, not to what."""
    given = dict(zip(_FIELDS, (name, address, country, tax_number, email), strict=True))
    BillingProfile.objects.bulk_create([BillingProfile(workspace_id=current_workspace_id())], ignore_conflicts=True)
    profile = BillingProfile.objects.select_for_update().get()
    changed = [field for field in _FIELDS if getattr(profile, field) != given[field]]
    for field in changed:
        setattr(profile, field, given[field])
    if changed:
        profile.save(update_fields=changed)
        audit.record("billing_profile.changed", subject=profile.pk, fields=changed)
    return profile
