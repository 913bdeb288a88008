"""allauth's form for a new passkey, in our words. Apart from forms.py because allauth loads it by name."""

from __future__ import annotations

from typing import Any

from allauth.mfa.webauthn.forms import AddWebAuthnForm


class PasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """A key that signs in alone, unless the person wants it as a second step only."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].help_text = "Where it lives, like “Laptop” or “Phone”."
        alone = self.fields["passwordless"]
        alone.initial = True
        alone.label = "Sign in with it alone"
        alone.help_text = "Without this it is a second step after the password."
