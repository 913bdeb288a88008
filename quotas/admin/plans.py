"""Plans and what they allow: edited until somebody is on them, then only by a new version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from accounts.errors import Problem
from accounts.operator import may_change, site
from quotas.admin.cells import TabularInline, money_cell
from quotas.admin.operations import Operation, OperationsMixin, Values
from quotas.admin.reasoned import ReasonedAdmin
from quotas.billing.costs import check_pass_through
from quotas.billing.versions import is_agreed, plan_version_add
from quotas.metrics import Metric
from quotas.models import Overage, Plan, PlanAllowance, Pricing

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[PlanAllowance]
else:
    ModelForm = forms.ModelForm


class AllowanceForm(ModelForm):
    """One metric of a plan. Levels can't be charged; cost plus needs providers that take the plan's currency."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.initial.get("unit_price") is not None:
            self.initial["unit_price"] = f"{self.initial['unit_price'].normalize():f}"

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if values.get("overage") == Overage.CHARGE and values.get("metric") and Metric(values["metric"]).is_gauge:
            self.add_error("overage", "A level can't be charged by use.")
        if values.get("pricing") == Pricing.COST_PLUS and values.get("metric"):
            try:
                check_pass_through(plan=self.instance.plan, metric=Metric(values["metric"]))
            except Problem as problem:
                self.add_error("pricing", problem.detail)
        return values


class AllowanceInline(TabularInline):
    model = PlanAllowance
    form = AllowanceForm
    extra = 0
    ordering = ("metric",)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_change(request.user) and (obj is None or not is_agreed(obj))

    has_change_permission = has_delete_permission = has_add_permission


def add_version(plan: Plan, values: Values) -> Mapping[str, Any]:
    made = plan_version_add(plan)
    return {"plan": str(plan), "made": str(made), "id": made.pk}


def offer(plan: Plan, values: Values) -> Mapping[str, Any]:
    return _set_public(plan, True)


def withdraw(plan: Plan, values: Values) -> Mapping[str, Any]:
    return _set_public(plan, False)


def _set_public(plan: Plan, is_public: bool) -> Mapping[str, Any]:
    Plan.objects.filter(pk=plan.pk).update(is_public=is_public)
    return {"plan": str(plan), "is_public": is_public}


@admin.register(Plan, site=site)
class PlanAdmin(OperationsMixin, ReasonedAdmin):
    group = "Offers and costs"
    noun = "plan"
    list_display = (
        "name",
        "code",
        "version",
        money_cell("base price", "base_price_minor"),
        "interval",
        "trial_days",
        "is_public",
    )
    list_filter = ("is_public", "interval")
    ordering = ("code", "-version")
    inlines = (AllowanceInline,)
    operations = (
        Operation(
            name="plan_version_added",
            label="New version",
            act=add_version,
            explains="A copy to be edited, not public yet. Subscribers keep the version that they have.",
        ),
        Operation(
            name="plan_offered",
            label="Offer",
            act=offer,
            explains="From now on this version is what new subscribers get.",
            is_offered=lambda plan: not plan.is_public,
        ),
        Operation(
            name="plan_withdrawn",
            label="Withdraw",
            act=withdraw,
            explains="Nobody can begin this version any more; subscribers keep it.",
            is_offered=lambda plan: plan.is_public,
        ),
    )

    def may_edit(self, obj: Plan) -> bool:
        return not is_agreed(obj)
