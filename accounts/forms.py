"""What people type on the account pages. Rules live in the services; forms only shape the input."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone

from accounts.access import Access
from accounts.models import Role, User
from accounts.names import NAME_LENGTH
from accounts.scopes import BILLING, KEY_SCOPES, ROLE_SCOPES, SCOPE_LABELS, WEBHOOKS

_EXPIRIES = (("", "Never"), ("7", "In 7 days"), ("30", "In 30 days"), ("90", "In 90 days"), ("365", "In a year"))


class SignupName(forms.Form):
    """Asked at sign-up beside address and password."""

    name = forms.CharField(label="Your name", max_length=60, widget=forms.TextInput(attrs={"autocomplete": "name"}))

    field_order = ("name", "email", "password1")

    def clean_name(self) -> str:
        name = " ".join(str(self.cleaned_data["name"]).split())
        if not name.isprintable():
            raise forms.ValidationError("A name is made of letters.")
        return name

    def signup(self, request: HttpRequest, user: User) -> None:
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])


class NameForm(forms.Form):
    """A workspace's name."""

    name = forms.CharField(label="Name", max_length=NAME_LENGTH)


class OriginsForm(forms.Form):
    """A workspace's embed origins, one a line."""

    origins = forms.CharField(
        label="Websites that may embed your avatars",
        help_text="One origin a line, like https://www.example.com. Pages elsewhere can't open a session.",
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "placeholder": "https://www.example.com"}),
        required=False,
    )

    def clean_origins(self) -> list[str]:
        return str(self.cleaned_data["origins"]).split()


class InvitationForm(forms.Form):
    """Whom to invite as what; offers the roles that the asking person can give."""

    email = forms.EmailField(label="E-mail address", widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    role = forms.ChoiceField(label="Role", initial=Role.MEMBER)

    def __init__(self, *args: Any, by: Access, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = roles_given_by(by)  # type: ignore[attr-defined]


class KeyForm(forms.Form):
    """A new API key; offers the scopes that the asking person has and a key can have."""

    name = forms.CharField(label="Name", max_length=NAME_LENGTH, help_text="Where it will be used, like “Website backend”.")
    scopes = forms.MultipleChoiceField(label="It may", widget=forms.CheckboxSelectMultiple)
    days = forms.ChoiceField(label="It expires", choices=_EXPIRIES, required=False)

    def __init__(self, *args: Any, by: Access, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(scope, SCOPE_LABELS[scope]) for scope in SCOPE_LABELS if scope in KEY_SCOPES & by.scopes]
        self.fields["scopes"].choices = choices  # type: ignore[attr-defined]
        # Money, and where data is sent, are for keys that were made for it.
        self.fields["scopes"].initial = [scope for scope, _ in choices if scope not in BILLING | WEBHOOKS]

    def clean(self) -> dict[str, Any]:
        """`days` becomes the service's `expires_at`."""
        days = self.cleaned_data.pop("days", "")
        self.cleaned_data["expires_at"] = timezone.now() + timedelta(days=int(days)) if days else None
        return self.cleaned_data


def roles_given_by(by: Access) -> list[tuple[str, str]]:
    """The roles that `by` may give and take, as choices."""
    return [(role.value, role.label) for role in Role if ROLE_SCOPES[role] <= by.scopes]
