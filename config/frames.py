"""The entry of the worker that draws live sessions: `dramatiq config.frames --queues frames`.

A process draws with one thread; more cores take more processes.
"""

import os

for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")  # sessions share the processor by themselves; before anything loads a library

import django  # noqa: E402

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

import torch  # noqa: E402

from accounts.queue import broker  # noqa: E402  (dramatiq looks for it here)
from avatars.render.memory import keep_freed  # noqa: E402
from streaming.frames import studio, tasks  # noqa: E402

torch.set_num_threads(1)
keep_freed()
__all__ = ["broker", "studio", "tasks"]
