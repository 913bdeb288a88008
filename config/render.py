"""The entry of the worker for videos: `dramatiq config.render --queues render --processes 2 --threads 1`.

A process draws on one core: have one for each core that may draw.
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
from avatars.render.memory import keep_freed  # noqa: E402
from avatars.videos import actors as videos  # noqa: E402
from avatars.videos import pipeline  # noqa: E402

torch.set_num_threads(1)
keep_freed()
gc.freeze()
__all__ = ["broker", "pipeline", "videos"]
