"""The entry of the worker for everything but live turns: `dramatiq config.batch --queues batch mail billing webhooks`.

It loads no voices, so that it stays small.
"""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from accounts.queue import broker  # noqa: E402  (dramatiq looks for it here)
from accounts.webhooks import actors  # noqa: E402
from avatars import tasks as avatar_tasks  # noqa: E402
from quotas.billing import alert_mail, tasks  # noqa: E402
from quotas.payment import tasks as payment_tasks  # noqa: E402

__all__ = ["actors", "alert_mail", "avatar_tasks", "broker", "payment_tasks", "tasks"]
