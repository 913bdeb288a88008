"""`manage.py create_operator ADDRESS`: let a person into the operator's pages, or no longer."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db import transaction

from accounts.models import User


class Command(BaseCommand):
    help = "Make the person with this e-mail address an operator. They set up a second factor when they first go there."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--may-only-look", action="store_true", help="see everything, change nothing")
        parser.add_argument("--revoke", action="store_true", help="an operator no longer")

    @transaction.atomic
    def handle(self, *args: Any, email: str, may_only_look: bool, revoke: bool, **options: Any) -> None:
        user = User.objects.filter(email=email.lower()).first()
        if revoke:
            if user is None:
                raise CommandError(f"Nobody has the address {email}.")
            self._set(user, is_staff=False, is_superuser=False)
            self.stdout.write(f"{user.email} is no operator any more.")
            return
        user = user or self._new(email)
        self._set(user, is_staff=True, is_superuser=not may_only_look)
        self.stdout.write(f"{user.email} is an operator: {settings.BASE_URL}/{settings.ADMIN_PATH}")

    def _new(self, email: str) -> User:
        """Somebody whose address the person at this console vouches for; without a password."""
        try:
            validate_email(email)
        except ValidationError as error:
            raise CommandError(f"{email} is no e-mail address.") from error
        user = User.objects.create_user(email)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        self.stdout.write("They have no password yet: they sign in by a code sent to that address, or reset the password.")
        return user

    def _set(self, user: User, *, is_staff: bool, is_superuser: bool) -> None:
        user.is_staff, user.is_superuser = is_staff, is_superuser
        user.save(update_fields=["is_staff", "is_superuser"])
