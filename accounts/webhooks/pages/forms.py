"""What people type about webhooks. Rules live in the services; forms only shape the input."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.forms.boundfield import BoundWidget
from django.utils import timezone

from accounts.webhooks.catalog import EVENT_TYPES, EVERYTHING, patterns
from accounts.webhooks.models import URL_LENGTH, DeliveryState
from accounts.webhooks.services.endpoints import DESCRIPTION_LENGTH

_SINCE = (("1", "Of the last hour"), ("24", "Of the last day"), ("72", "Of the last 3 days"), ("720", "All that are kept"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """The boxes of one family of events: `session.*` and its members."""

    all: BoundWidget
    members: list[BoundWidget]


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
        choices=[(pattern, EVENT_TYPES.get(pattern, pattern)) for pattern in patterns()],
        initial=[EVERYTHING],
        widget=forms.CheckboxSelectMultiple,
    )

    def everything(self) -> BoundWidget:
        """The box for all events."""
        return self._boxes()[EVERYTHING]

    def families(self) -> list[Family]:
        """The other boxes, by family, in the order of the catalogue."""
        boxes = self._boxes()
        names = dict.fromkeys(name.partition(".")[0] for name in EVENT_TYPES)
        return [
            Family(all=boxes[f"{family}.*"], members=[boxes[name] for name in EVENT_TYPES if name.startswith(f"{family}.")])
            for family in names
        ]

    def _boxes(self) -> dict[str, BoundWidget]:
        return {box.data["value"]: box for box in self["event_types"].subwidgets}


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
