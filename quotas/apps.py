"""How much: metrics, plans, allowances, reservations, the usage ledger."""

from typing import Any

from django.apps import AppConfig
from django.core.checks import register
from django.db.models.signals import post_migrate


class QuotasConfig(AppConfig):
    name = "quotas"

    def ready(self) -> None:
        from quotas import seats  # noqa: F401  (receivers)
        from quotas.payment.checks import payment_settings

        post_migrate.connect(_ensure_partitions, sender=self)
        register(payment_settings)


def _ensure_partitions(*, using: str, **_: Any) -> None:
    from quotas.partitions import ensure_partitions

    ensure_partitions(using=using)
