"""`manage.py create_demo CARD`: a workspace to try things in; its sign-in and key are written to a private file."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from accounts.access import access_of_key, access_of_user
from accounts.models import User
from accounts.scopes import KEY_SCOPES
from accounts.services.keys import key_create
from accounts.services.workspaces import workspace_create
from accounts.tenancy import workspace_scope

EMAIL = "demo@visavis.example"


class Command(BaseCommand):
    help = "Create the demo workspace once; later runs only refresh the address on its card."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("card", type=Path)

    def handle(self, *args: Any, card: Path, **options: Any) -> None:
        known = json.loads(card.read_text()) if card.exists() else {}
        if not known or access_of_key(known["api_key"]) is None:
            known = create_demo()
        card.parent.mkdir(parents=True, exist_ok=True)
        card.touch(mode=0o600)
        card.write_text(json.dumps(known | {"url": settings.BASE_URL}, indent=2))


@transaction.atomic
def create_demo() -> dict[str, str]:
    """A demo person with a fresh password, a workspace and an API key; returns what to show."""
    password = secrets.token_urlsafe(9)
    user = User.objects.filter(email=EMAIL).first() or User.objects.create_user(EMAIL, name="Demo")
    user.set_password(password)
    user.save(update_fields=["password"])
    EmailAddress.objects.update_or_create(user=user, email=EMAIL, defaults={"verified": True, "primary": True})
    access = access_of_user(user, None)
    if access is None:
        workspace_create(user=user, name="Demo workspace")
        access = access_of_user(user, None)
    assert access is not None
    with workspace_scope(access.workspace_id):
        key = key_create(by=access, name="Demo key", scopes=KEY_SCOPES)
    return {"email": EMAIL, "password": password, "api_key": key.text}
