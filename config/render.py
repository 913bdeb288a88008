"""The entry of the worker for pictures: `dramatiq config.render --queues render --processes 1 --threads 2`.

It computes with one thread of torch for each message: to use more cores, start more of these processes. The networks that
find a face are loaded before the first message.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

import gc  # noqa: E402

import torch  # noqa: E402

from accounts.queue import broker  # noqa: E402  (dramatiq looks for it here)
from avatars import tasks  # noqa: E402
from avatars.photo import onboarding  # noqa: E402
from avatars.videos import actors as videos  # noqa: E402
from avatars.videos import pipeline  # noqa: E402

torch.set_num_threads(1)
onboarding.warm_up()
gc.freeze()
__all__ = ["broker", "onboarding", "pipeline", "tasks", "videos"]
