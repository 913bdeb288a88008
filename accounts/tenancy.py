"""The tenant scope: no query on tenant-owned rows runs without a workspace.

A scope is a context variable, an open transaction and the transaction-local Postgres setting that row-level security
reads (`accounts/walls.py`). It ends with the transaction, so a pooled connection can't carry it to the next borrower.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ClassVar, Self, TypeVar
from uuid import UUID

from django.db import connection, models, transaction

from accounts.identifiers import uuid7

_M = TypeVar("_M", bound="TenantModel")
EVERY_WORKSPACE = "every workspace"
Scope = UUID | str | None
_scope: ContextVar[Scope] = ContextVar("workspace_scope", default=None)


class ScopeMissing(RuntimeError):
    """Tenant-owned rows were touched outside of a workspace scope."""


class ScopeMismatch(RuntimeError):
    """A row or an inner scope belongs to another workspace than the scope that is open."""


@contextmanager
def workspace_scope(workspace_id: UUID) -> Iterator[None]:
    """Open a transaction in which only rows of `workspace_id` exist. Nests only with the same workspace."""
    outer = _scope.get()
    if outer == workspace_id and connection.in_atomic_block:  # if not, it has ended: a hook on commit opens its own
        with transaction.atomic(savepoint=False):
            yield
        return
    if isinstance(outer, UUID) and outer != workspace_id:
        raise ScopeMismatch(f"A scope of workspace {outer} is open; can't open one of {workspace_id}.")
    with _opened(workspace_id, workspace=str(workspace_id), everywhere="off"):
        yield


@contextmanager
def unscoped(reason: str) -> Iterator[None]:
    """Open a transaction that sees rows of every workspace. `reason` is for the reader; a test lists all callers."""
    if not reason:
        raise ScopeMissing("Say why this code must see every workspace.")
    if isinstance(_scope.get(), UUID):
        raise ScopeMismatch("A workspace scope is open; it can't be widened.")
    with _opened(EVERY_WORKSPACE, workspace="", everywhere="on"):
        yield


@contextmanager
def _opened(scope: Scope, *, workspace: str, everywhere: str) -> Iterator[None]:
    nested = connection.in_atomic_block
    outer = _scope.get()
    token = _scope.set(scope)
    try:
        with transaction.atomic():
            _tell_postgres(workspace, everywhere)
            yield
            if nested:
                _tell_postgres("", "on" if outer == EVERY_WORKSPACE else "off")
    finally:
        _scope.reset(token)


def _tell_postgres(workspace: str, everywhere: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('app.workspace_id', %s, true), set_config('app.every_workspace', %s, true)",
            [workspace, everywhere],
        )


def current_workspace_id() -> UUID:
    """The open scope's workspace; raises ScopeMissing when there is none."""
    scope = _scope.get()
    if not isinstance(scope, UUID):
        raise ScopeMissing("No workspace scope is open.")
    return scope


class TenantQuerySet(models.QuerySet[_M]):
    """Refuses to run outside of the scope that it was made in."""

    made_in: Scope = None

    @property
    def db(self) -> str:
        """The database to ask: every way of running a query goes through here first."""
        if _require_scope() != self.made_in:
            raise ScopeMismatch(f"The query was made in the scope of {self.made_in}, which is not the open one.")
        return super().db

    def _clone(self) -> Self:
        clone: Self = super()._clone()  # type: ignore[misc]
        clone.made_in = self.made_in
        return clone

    def bulk_create(self, objs: Any, *args: Any, **kwargs: Any) -> Any:
        objs = list(objs)
        for row in objs:
            row.claim()
        return super().bulk_create(objs, *args, **kwargs)


def _require_scope() -> UUID | str:
    scope = _scope.get()
    if scope is None:
        raise ScopeMissing("Open workspace_scope(…) before touching tenant-owned rows.")
    return scope


class TenantManager(models.Manager[_M]):
    """Shows only the open scope's workspace; raises ScopeMissing before a queryset exists when there is none."""

    def get_queryset(self) -> TenantQuerySet[_M]:
        scope = _require_scope()
        rows: TenantQuerySet[_M] = TenantQuerySet(self.model, using=self._db)
        rows.made_in = scope
        return rows.filter(workspace_id=scope) if isinstance(scope, UUID) else rows


class TenantModel(models.Model):
    """A row that belongs to one workspace. Row-level security and composite foreign keys are added by walls.py."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.CASCADE, related_name="+", editable=False)
    created_at = models.DateTimeField(auto_now_add=True, editable=False)

    objects: ClassVar[TenantManager[Self]] = TenantManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.claim()
        super().save(*args, **kwargs)

    def claim(self) -> None:
        """Put the row into the open scope's workspace; raises ScopeMismatch when it belongs to another one."""
        scope = _require_scope()
        if not isinstance(scope, UUID):
            return
        owner: UUID | None = self.workspace_id  # None on a row that has not been saved
        if owner is None:
            self.workspace_id = scope
        elif owner != scope:
            raise ScopeMismatch(f"The row belongs to workspace {owner}, the scope to {scope}.")
