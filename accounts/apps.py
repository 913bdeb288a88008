"""Who: users, workspaces, keys, tenancy, audit."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import queue  # noqa: F401  (actors need the broker before any task module is imported)
        from accounts.rest import schema  # noqa: F401  (registers itself with drf-spectacular)
        from accounts.walls import raise_walls

        post_migrate.connect(raise_walls, sender=self)
