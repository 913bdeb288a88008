"""How much: metrics, plans, allowances, reservations, the usage ledger."""

from django.apps import AppConfig


class QuotasConfig(AppConfig):
    name = "quotas"
