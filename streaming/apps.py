"""How does it flow: websockets, tickets, the wire protocol, the media bus."""

from django.apps import AppConfig


class StreamingConfig(AppConfig):
    name = "streaming"
