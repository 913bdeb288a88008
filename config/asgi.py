"""HTTP to Django, websockets to the gateway."""

import gc
import os
from typing import Any, cast

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import path, re_path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django_application = get_asgi_application()

from streaming.consumers import NothingHere, SessionConsumer  # noqa: E402  (needs the app registry)
from streaming.videos.consumer import VideosConsumer  # noqa: E402

sockets: list[Any] = [
    path("ws/v1/sessions/<uuid:session_id>", cast("Any", SessionConsumer.as_asgi())),
    path("ws/v1/videos", cast("Any", VideosConsumer.as_asgi())),
    re_path(r"", cast("Any", NothingHere.as_asgi())),
]
application = ProtocolTypeRouter({"http": django_application, "websocket": URLRouter(sockets)})
gc.freeze()  # what is loaded by now stays: the collector need not walk it again
