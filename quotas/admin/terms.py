"""Operations on what a workspace has agreed: its plan, its own limits and prices, its credit, its time to pay."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any
from uuid import uuid4

from django import forms
from django.utils import timezone

from accounts.models import Workspace
from quotas.admin.cells import MinorField
from quotas.admin.operations import Operation, OperationForm, Values
from quotas.billing.closing import close_period
from quotas.billing.credits import grant
from quotas.billing.grace import grace_extend
from quotas.billing.subscriptions import overrides_set, plan_assign
from quotas.billing.terms import BASE_PRICE
from quotas.metrics import GAUGES, Metric
from quotas.models import BillingPeriod, GrantSource, Overage, PeriodState, Plan
from quotas.periods import subscription_of

NO_LIMIT = "none"
_SOURCES = (GrantSource.MANUAL, GrantSource.PROMO, GrantSource.REFUND, GrantSource.PURCHASE)


class AmountField(forms.CharField):
    """A whole number of smallest units, `none` for no limit, or empty to go by the plan: what an override can say."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            required=False, help_text=f"Smallest unit; “{NO_LIMIT}”: without limit; empty: as the plan says.", **kwargs
        )

    def clean(self, value: Any) -> int | str:
        """The number, NO_LIMIT or an empty text."""
        text: str = super().clean(value).strip().lower().replace(" ", "")
        if text in ("", NO_LIMIT):
            return text
        if not (text.isascii() and text.isdigit()):
            raise forms.ValidationError(f"A whole number, or “{NO_LIMIT}”.")
        return int(text)


class PlanForm(OperationForm):
    plan = forms.ModelChoiceField(Plan.objects.none(), help_text="Any version of any plan, public or not.")
    keep_terms = forms.BooleanField(required=False, label="Keep its own limits and prices")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["plan"].queryset = Plan.objects.order_by("code", "-version")  # type: ignore[attr-defined]


class TermsForm(OperationForm):
    """One metric's own terms; all fields empty takes them back."""

    metric = forms.ChoiceField(choices=Metric.choices)
    included = AmountField()
    ceiling = AmountField()
    overage = forms.ChoiceField(choices=[("", "as the plan says"), *Overage.choices], required=False)
    unit_price = forms.DecimalField(
        required=False, min_value=0, max_digits=20, decimal_places=12, help_text="Minor units (cents) for `unit size` units."
    )
    unit_size = forms.IntegerField(required=False, min_value=1)


class BasePriceForm(OperationForm):
    base_price = MinorField(required=False, min_value=0, help_text="For a whole period, from the next one on; empty: the plan's.")


class CreditForm(OperationForm):
    metric = forms.ChoiceField(
        choices=[("", "Money"), *((m.value, m.label) for m in Metric if m not in GAUGES)], required=False, label="Of"
    )
    amount = forms.DecimalField(
        min_value=0,
        max_digits=18,
        decimal_places=2,
        help_text="Money: 12.50. Else a whole number of the smallest unit (ms, characters).",
    )
    source = forms.ChoiceField(choices=[(source.value, source.label) for source in _SOURCES], initial=GrantSource.MANUAL)
    priority = forms.IntegerField(min_value=0, max_value=32_767, initial=100, help_text="Lower burns first.")
    expires_on = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}), help_text="Empty: never.")
    key = forms.CharField(widget=forms.HiddenInput)  # made with the page: sending the form twice grants once

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["key"] = f"operator/{uuid4()}"

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        amount = values.get("amount")
        if amount is not None and values.get("metric") and amount % 1:
            self.add_error("amount", "A whole number of the smallest unit.")
        return values


class GraceForm(OperationForm):
    until = forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}), help_text="Full service up to the start of this day (UTC)."
    )


def change_plan(workspace: Workspace, values: Values) -> Mapping[str, Any]:
    before, plan = subscription_of(workspace.pk), values["plan"]
    kept = before.price_overrides if values["keep_terms"] else {}
    plan_assign(plan=plan, overrides=kept)
    return {"before": str(before.plan), "after": str(plan), "overrides": kept}


def set_terms(workspace: Workspace, values: Values) -> Mapping[str, Any]:
    own = {name: value for name in ("included", "ceiling") if (value := _limit(values[name])) != ""}
    own |= {"overage": values["overage"]} if values["overage"] else {}
    own |= {"unit_price": f"{values['unit_price']:f}"} if values["unit_price"] is not None else {}
    own |= {"unit_size": values["unit_size"]} if values["unit_size"] else {}
    return _override(workspace, values["metric"], own or None)


def set_base_price(workspace: Workspace, values: Values) -> Mapping[str, Any]:
    return _override(workspace, BASE_PRICE, values["base_price"])


def give_credit(workspace: Workspace, values: Values) -> Mapping[str, Any]:
    is_money = not values["metric"]
    currency = subscription_of(workspace.pk).plan.currency if is_money else ""
    made = grant(
        amount=int(values["amount"] * (100 if is_money else 1)),
        key=values["key"],
        source=GrantSource(values["source"]),
        metric=values["metric"],
        currency=currency,
        priority=values["priority"],
        expires_at=_start_of(values["expires_on"]) if values["expires_on"] else None,
        reason="Granted by the operator",
    )
    return {"grant": made.pk, "amount": made.amount, "metric": made.metric, "currency": currency}


def extend_grace(workspace: Workspace, values: Values) -> Mapping[str, Any]:
    before = subscription_of(workspace.pk).grace_until
    after = grace_extend(until=_start_of(values["until"]), at=timezone.now()).grace_until
    return {"before": before, "after": after}


def close_periods(workspace: Workspace, values: Values) -> Mapping[str, Any]:
    now = timezone.now()
    ended = BillingPeriod.objects.filter(ends_at__lte=now).exclude(state=PeriodState.CLOSED).order_by("ends_at")
    closed = [
        key for key in ended.values_list("pk", flat=True) if close_period(workspace_id=workspace.pk, period_id=key, now=now)
    ]
    return {"closed": closed}


def _override(workspace: Workspace, name: str, value: Any) -> Mapping[str, Any]:
    before = subscription_of(workspace.pk).price_overrides
    after = {key: kept for key, kept in before.items() if key != name} | ({} if value is None else {name: value})
    overrides_set(overrides=after)
    return {"before": before, "after": after}


def _limit(value: int | str) -> int | str | None:
    return None if value == NO_LIMIT else value


def _start_of(day: Any) -> datetime:
    return datetime.combine(day, time(), UTC)


def _is_overdue(workspace: Workspace) -> bool:
    return subscription_of(workspace.pk).is_overdue


OPERATIONS = (
    Operation(
        name="plan_changed",
        label="Change plan",
        act=change_plan,
        form=PlanForm,
        explains="At once; the base price of what is left of the period is prorated, and the change invoiced.",
    ),
    Operation(
        name="terms_set",
        label="Set limits and prices",
        act=set_terms,
        form=TermsForm,
        explains="A metric's own terms. They hold for the whole current period, and until they are taken back.",
    ),
    Operation(name="base_price_set", label="Set base price", act=set_base_price, form=BasePriceForm),
    Operation(
        name="credit_granted",
        label="Grant credit",
        act=give_credit,
        form=CreditForm,
        explains="Credit of a metric widens its limit at once. Money is taken off the next invoices.",
    ),
    Operation(
        name="grace_extended",
        label="Extend grace",
        act=extend_grace,
        form=GraceForm,
        explains="An invoice is overdue: until then the workspace is served in full nevertheless.",
        is_offered=_is_overdue,
    ),
    Operation(
        name="periods_closed",
        label="Close periods now",
        act=close_periods,
        explains="Close and invoice what has ended, without waiting for the clock. A period with live holds waits for them.",
    ),
)
