"""A manual change as the operator's pages know it: a form with a reason, one call of a service, an entry of the trail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import quote
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from accounts.errors import Problem
from accounts.operator import ModelAdmin, may_change
from accounts.tenancy import workspace_scope
from quotas.admin.trail import note

Values = Mapping[str, Any]


class OperationForm(forms.Form):
    """What an operation asks; every one asks why. `target` is the row that it is about."""

    required_css_class = "required"
    reason = forms.CharField(max_length=300, help_text="Kept in the trail and in the workspace's audit.")

    def __init__(self, *args: Any, target: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.target = target
        self.order_fields([name for name in self.fields if name != "reason"] + ["reason"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """`act(target, values)` calls the services, in the scope of the target's workspace, and returns what to note.

    `name` is the verb of the trail: `operator.<name>`.
    """

    name: str
    label: str
    act: Callable[[Any, Values], Mapping[str, Any]]
    form: type[OperationForm] = OperationForm
    explains: str = ""
    is_offered: Callable[[Any], bool] = lambda _: True


class OperationsMixin(ModelAdmin):
    """Buttons on a row's page, each to the page of an operation: `<id>/do/<name>/`."""

    operations: ClassVar[tuple[Operation, ...]] = ()
    change_form_template = "admin/operator/row.html"

    def workspace_of(self, target: Any) -> UUID | None:
        """The workspace that is changed; None where the row is the installation's own."""
        return getattr(target, "workspace_id", None)

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_operation"
        page = self.admin_site.admin_view(self.operation_view)
        return [path("<str:pk>/do/<slug:name>/", page, name=name), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        target = self.get_object(request, object_id)
        offered = [one for one in self.operations if may_change(request.user) and target is not None and one.is_offered(target)]
        return super().change_view(request, object_id, form_url, {"operations": offered} | (extra_context or {}))

    def operation_view(self, request: HttpRequest, pk: str, name: str) -> HttpResponse:
        """Ask for what an operation needs, carry it out, and go back to the row."""
        if not may_change(request.user):
            raise PermissionDenied("Only superusers change things here.")
        target = self.get_object(request, pk)
        operation = next((one for one in self.operations if one.name == name), None)
        if target is None or operation is None or not operation.is_offered(target):
            raise Http404
        form = operation.form(request.POST or None, request.FILES or None, target=target)
        if request.method == "POST" and form.is_valid() and self._carried_out(operation, target, form):
            messages.success(request, f"{operation.label}: done.")
            return redirect(self._address(target))
        context = self.admin_site.each_context(request) | {
            "title": operation.label,
            "operation": operation,
            "form": form,
            "target": target,
            "opts": self.opts,
            "back": self._address(target),
        }
        return TemplateResponse(request, "admin/operator/operation.html", context)

    def _address(self, target: models.Model) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[quote(target.pk)])

    def _carried_out(self, operation: Operation, target: models.Model, form: OperationForm) -> bool:
        """Act and note, both or neither. A Problem becomes the form's error."""
        workspace_id = self.workspace_of(target)
        values = dict(form.cleaned_data)
        reason = values.pop("reason")
        try:
            with transaction.atomic(), _scope(workspace_id):
                data = operation.act(target, values)
                note(operation.name, reason=reason, subject=target.pk, workspace_id=workspace_id, **data)
        except Problem as problem:
            form.add_error(None, problem.detail)
            return False
        return True


def _scope(workspace_id: UUID | None) -> AbstractContextManager[None]:
    return nullcontext() if workspace_id is None else workspace_scope(workspace_id)
