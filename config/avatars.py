"""The entry of the worker that makes avatars: `dramatiq config.avatars --queues avatars --processes 1 --threads 1`.

Who has just sent a photo waits for it, so it does not queue behind hours of video. The networks that find a face are loaded
before the first message.
"""

import os

for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "LP_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")  # processes share the processor by themselves; before anything loads a library
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django  # noqa: E402

django.setup()

import gc  # noqa: E402

import torch  # noqa: E402

from accounts.queue import broker  # noqa: E402  (dramatiq looks for it here)
from avatars import tasks  # noqa: E402
from avatars.photo import onboarding  # noqa: E402
from avatars.render.memory import keep_freed  # noqa: E402

torch.set_num_threads(1)
keep_freed()
onboarding.warm_up()
gc.freeze()
__all__ = ["broker", "onboarding", "tasks"]
