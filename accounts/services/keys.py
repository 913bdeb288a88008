"""API keys: create (shown once), revoke."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts import audit, tokens
from accounts.access import Access
from accounts.errors import Forbidden, Invalid, NotFound
from accounts.models import ApiKey
from accounts.names import clean_name
from accounts.scopes import KEY_SCOPES
from accounts.services.authority import require, require_all


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatedKey:
    """A stored key together with its text, which can't be had a second time."""

    key: ApiKey
    text: str


@transaction.atomic
def key_create(*, by: Access, name: str, scopes: Iterable[str], expires_at: datetime | None = None) -> CreatedKey:
    """A key that may do `scopes`: only ones that keys can have and the asking person holds themselves."""
    _require_person(by)
    wanted = _clean_scopes(scopes)
    require_all(by, wanted)
    if expires_at is not None and expires_at <= timezone.now():
        raise Invalid("The expiry must lie in the future.", code="bad_expiry")
    new = tokens.new_key()
    key = ApiKey.objects.create(
        name=clean_name(name),
        prefix=new.prefix,
        digest=new.digest,
        scopes=sorted(wanted),
        created_by=by.user,
        expires_at=expires_at,
    )
    audit.record("api_key.created", subject=key.pk, name=key.name, prefix=key.prefix, scopes=key.scopes)
    return CreatedKey(key=key, text=new.text)


@transaction.atomic
def key_revoke(*, by: Access, key_id: UUID) -> None:
    """Make the key useless, at once and for good. Repeating it changes nothing; raises NotFound for a foreign id."""
    _require_person(by)
    if ApiKey.objects.filter(pk=key_id, revoked_at=None).update(revoked_at=timezone.now()):
        audit.record("api_key.revoked", subject=key_id)
    elif not ApiKey.objects.filter(pk=key_id).exists():
        raise NotFound("No such API key in this workspace.")


def _require_person(by: Access) -> None:
    if by.user is None:
        raise Forbidden("Keys are managed by people, not by keys.", code="person_needed")
    require(by, "keys:write")


def _clean_scopes(scopes: Iterable[str]) -> frozenset[str]:
    wanted = frozenset(scopes)
    if not wanted:
        raise Invalid("A key needs at least one scope.", code="no_scopes")
    if unknown := wanted - KEY_SCOPES:
        raise Invalid(f"No key can have {', '.join(sorted(unknown))}.", code="bad_scope", allowed=sorted(KEY_SCOPES))
    return wanted
