"""The installation's own rows that operators write: every change asks why and is in the trail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.db import models
from django.http import HttpRequest

from accounts.operator import ReadOnlyAdmin, may_change
from quotas.admin.trail import note

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Any]
else:
    ModelForm = forms.ModelForm


class ReasonedForm(ModelForm):
    reason = forms.CharField(max_length=300, help_text="Kept in the operator's trail.")


class ReasonedAdmin(ReadOnlyAdmin):
    """Rows that superusers add, and change while `may_edit` says so; nothing is deleted."""

    form = ReasonedForm
    noun: ClassVar[str]

    def may_edit(self, obj: Any) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return may_change(request.user)

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return may_change(request.user) and (obj is None or self.may_edit(obj))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = [name for name in super().get_fields(request, obj) if name != "reason"]
        writes = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        return [*fields, "reason"] if writes else fields

    def log_addition(self, request: HttpRequest, obj: models.Model, message: Any) -> Any:
        self._note(request, obj, "added", message)

    def log_change(self, request: HttpRequest, obj: models.Model, message: Any) -> Any:
        self._note(request, obj, "changed", message)

    def _note(self, request: HttpRequest, obj: models.Model, verb: str, message: Any) -> None:
        """Called by Django in the transaction of the change, once form and rows below are saved."""
        reason = request.POST["reason"].strip()
        note(f"{self.noun}_{verb}", reason=reason, subject=obj.pk, row=str(obj), after=_values(obj), changes=message)


def _values(obj: models.Model) -> dict[str, Any]:
    return {field.attname: getattr(obj, field.attname) for field in obj._meta.concrete_fields}
