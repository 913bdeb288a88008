"""The entry of the worker that draws live sessions: `dramatiq config.frames --queues frames`.

A process draws with one thread; there are as many processes as cores, and they share the sessions evenly. Sound comes first:
they are less urgent to the system than what speaks.
"""

import os

for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LP_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")  # sessions share the processor by themselves; before anything loads a library

import django  # noqa: E402

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

import gc  # noqa: E402

import torch  # noqa: E402

from accounts.queue import broker  # noqa: E402  (dramatiq looks for it here)
from avatars.render.memory import keep_freed  # noqa: E402
from streaming.frames import studio, tasks  # noqa: E402
from streaming.frames.place import Place  # noqa: E402

torch.set_num_threads(1)
keep_freed()
gc.freeze()
broker.add_middleware(Place())
__all__ = ["broker", "studio", "tasks"]
