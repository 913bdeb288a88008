"""The worker's entry: `dramatiq config.worker --queues live` (or batch, mail)."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from accounts.queue import broker  # noqa: E402  (dramatiq looks for it here)
from avatars.voice import warm_up  # noqa: E402
from streaming import tasks  # noqa: E402

warm_up()
__all__ = ["broker", "tasks"]
