"""Whom do you see and hear: avatars and voices."""

from django.apps import AppConfig


class AvatarsConfig(AppConfig):
    name = "avatars"

    def ready(self) -> None:
        """The meter counts by ids; here they have names."""
        from avatars.selectors import names
        from quotas.names import avatars_are_named_by

        avatars_are_named_by(names)
