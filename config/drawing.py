"""Imported first by workers that load torch: Django is set up, and a process computes with one thread."""

import os

for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LP_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")  # processes share the processor by themselves; before anything loads a library
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django  # noqa: E402

django.setup()

import torch  # noqa: E402

from avatars.render.memory import keep_freed  # noqa: E402

torch.set_num_threads(1)
keep_freed()
