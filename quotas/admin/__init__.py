"""The operator's rooms of billing. Importing registers them, in the order of the overview; writes go through the services
and leave a trail."""

# isort: off
from quotas.admin import workspaces, invoices, payments, credit, plans, rates, statements, margin, trail, ledger, overview

__all__ = [
    "credit", "invoices", "ledger", "margin", "overview", "payments", "plans", "rates", "statements", "trail", "workspaces",
]  # fmt: skip
