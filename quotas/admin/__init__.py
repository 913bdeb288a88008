"""The operator's rooms of billing. Importing registers them; writes go through the services and leave a trail."""

from quotas.admin import credit, invoices, ledger, margin, overview, payments, plans, rates, statements, trail, workspaces

__all__ = [
    "credit", "invoices", "ledger", "margin", "overview", "payments", "plans", "rates", "statements", "trail", "workspaces",
]  # fmt: skip
