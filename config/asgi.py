"""HTTP to Django, websockets to the gateway."""

import gc
import os
from typing import Any, cast

from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.urls import path, re_path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django_application = get_asgi_application()

from avatars.blocks.recording import MOST_BYTES as MOST_SOUND_BYTES  # noqa: E402  (needs the app registry)
from config.bodies import BodyLimit  # noqa: E402
from streaming.consumers import NothingHere, SessionConsumer  # noqa: E402
from streaming.videos.consumer import VideosConsumer  # noqa: E402

# The largest file that anybody takes, and what a form adds to it.
MOST_BODY_BYTES: int = max(settings.AVATAR_PHOTO_BYTES, settings.AVATAR_HEAD_BYTES, MOST_SOUND_BYTES) + 64 * 1024
sockets: list[Any] = [
    path("ws/v1/sessions/<uuid:session_id>", cast("Any", SessionConsumer.as_asgi())),
    path("ws/v1/videos", cast("Any", VideosConsumer.as_asgi())),
    re_path(r"", cast("Any", NothingHere.as_asgi())),
]
pages: Any = BodyLimit(cast("Any", django_application), MOST_BODY_BYTES)
application = ProtocolTypeRouter({"http": pages, "websocket": URLRouter(sockets)})
gc.freeze()  # what is loaded by now stays: the collector need not walk it again
