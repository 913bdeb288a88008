"""What people type about webhooks. Rules live in the services; forms only shape the input."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone

from accounts.webhooks.catalog import EVENT_TYPES, EVERYTHING, patterns
from accounts.webhooks.models import URL_LENGTH, DeliveryState
from accounts.webhooks.services.endpoints import DESCRIPTION_LENGTH

_SINCE = (("1", "Of the last hour"), ("24", "Of the last day"), ("72", "Of the last 3 days"), ("720", "All that are kept"))


def pattern_label(pattern: str) -> str:
    """A pattern in words."""
    if pattern == EVERYTHING:
        return "Everything"
    return EVENT_TYPES.get(pattern) or f"Everything about a {pattern.removesuffix('.*')}"


class EndpointForm(forms.Form):
    """Where to send what."""

    url = forms.CharField(
        label="URL",
        max_length=URL_LENGTH,
        help_text="Your server’s address, with https.",
        widget=forms.TextInput(
            attrs={"type": "url", "inputmode": "url", "spellcheck": "false", "placeholder": "https://www.example.com/hooks"}
        ),
    )
    description = forms.CharField(
        label="Description", max_length=DESCRIPTION_LENGTH, required=False, help_text="For you; it is never sent."
    )
    event_types = forms.MultipleChoiceField(
        label="Events",
        choices=[(pattern, f"{pattern_label(pattern)} ({pattern})") for pattern in patterns()],
        initial=[EVERYTHING],
        widget=forms.CheckboxSelectMultiple,
    )


def _optional(label: str, anything: str, choices: Iterable[tuple[str, Any]]) -> forms.ChoiceField:
    look = forms.Select(attrs={"class": "select"})
    return forms.ChoiceField(label=label, choices=[("", anything), *choices], required=False, widget=look)


class FilterForm(forms.Form):
    """Which deliveries to show."""

    state = _optional("State", "Any state", DeliveryState.choices)
    type = _optional("Event", "Any event", ((name, name) for name in EVENT_TYPES))

    def chosen(self) -> dict[str, str]:
        """Arguments of the selector; what makes no sense is left out."""
        self.is_valid()
        return {"state": self.cleaned_data.get("state", ""), "event_type": self.cleaned_data.get("type", "")}


class ReplayForm(forms.Form):
    """Since when to send failed messages again."""

    hours = forms.ChoiceField(label="Which messages", choices=_SINCE, initial="24")

    def clean(self) -> dict[str, Any]:
        """`hours` becomes the service's `since`."""
        if hours := self.cleaned_data.pop("hours", ""):
            self.cleaned_data["since"] = timezone.now() - timedelta(hours=int(hours))
        return self.cleaned_data
