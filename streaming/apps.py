"""How does it flow: websockets, tickets, the wire protocol, the media bus."""

from django.apps import AppConfig


class StreamingConfig(AppConfig):
    name = "streaming"

    def ready(self) -> None:
        from streaming import receivers  # noqa: F401  (subscribes to session events)
