"""What people type on the billing pages. Rules live in the services; forms only shape the input."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from quotas.metrics import Metric
from quotas.models import BillingProfile, CapAction, SpendCap
from quotas.templatetags.money import major, minor_of

_MOST = Decimal("10000000")
_MOST_UNITS = 10**12
_MINUTE_MS = 60_000
_COUNTERS = [(metric.value, metric.label) for metric in Metric if not metric.is_gauge]


class AmountField(forms.DecimalField):
    """Money as people write it, 12.34; its value is whole minor units."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=Decimal(0), max_value=_MOST, decimal_places=2, **kwargs)

    def clean(self, value: Any) -> Any:
        amount = super().clean(value)
        return None if amount is None else minor_of(amount)


class AlertForm(forms.Form):
    """Another threshold to watch."""

    metric = forms.ChoiceField(label="Of", choices=[("", "The spend cap"), *Metric.choices], required=False)
    threshold_percent = forms.IntegerField(
        label="Tell when this much is used, in percent", min_value=1, max_value=1000, initial=90
    )
    by_mail = forms.BooleanField(label="By mail", required=False, initial=True)
    by_webhook = forms.BooleanField(label="By webhook", required=False, initial=True)


class CapForm(forms.Form):
    """The spend cap."""

    amount_minor = AmountField(label="Use above the included amounts may cost, per period")
    action = forms.ChoiceField(
        label="When it is reached",
        choices=[(CapAction.STOP, "Stop: nothing more is started that could cost more"), (CapAction.NOTIFY, "Only tell us")],
        widget=forms.RadioSelect,
        initial=CapAction.STOP,
    )

    @classmethod
    def of(cls, cap: SpendCap | None) -> CapForm:
        return cls(initial={"amount_minor": major(cap.amount_minor), "action": cap.action} if cap else None)


class ProfileForm(forms.Form):
    """To whom invoices are addressed. The tax that follows from it is set by the operator."""

    name = forms.CharField(label="Name of the company", max_length=160, required=False)
    address = forms.CharField(
        label="Address",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "street-address"}),
    )
    country = forms.RegexField(
        r"^[A-Za-z]{2}$",
        label="Country",
        required=False,
        help_text="Its two letters, like DE or NL.",
        widget=forms.TextInput(attrs={"autocomplete": "country", "maxlength": 2}),
    )
    tax_number = forms.CharField(label="Tax number", max_length=40, required=False, help_text="A VAT id, where you have one.")
    email = forms.EmailField(
        label="Mail address for invoices",
        required=False,
        help_text="Empty: invoices go to the first owner of the workspace.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    @classmethod
    def of(cls, profile: BillingProfile) -> ProfileForm:
        return cls(initial={name: getattr(profile, name) for name in cls.base_fields})

    def clean_country(self) -> str:
        return str(self.cleaned_data["country"]).upper()


class TopUpForm(forms.Form):
    """Buy credit of a metric by itself whenever little is left; amounts in the unit that people count in."""

    metric = forms.ChoiceField(label="Of", choices=_COUNTERS)
    threshold = forms.IntegerField(
        label="When less is left than", min_value=0, max_value=_MOST_UNITS, help_text="Time in minutes, the rest in pieces."
    )
    amount = forms.IntegerField(label="Buy so much", min_value=1, max_value=_MOST_UNITS)
    most_per_period = forms.IntegerField(label="At most so often in a period", min_value=1, max_value=100, initial=3)

    def clean(self) -> dict[str, Any]:
        """Amounts become the metric's smallest unit."""
        metric = self.cleaned_data.get("metric")
        size = _MINUTE_MS if metric and Metric(metric).unit == "ms" else 1
        for name in ("threshold", "amount"):
            if name in self.cleaned_data:
                self.cleaned_data[name] *= size
        return self.cleaned_data
