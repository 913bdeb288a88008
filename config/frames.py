"""The entry of the worker that draws live sessions: `dramatiq config.frames --queues frames`.

A process draws with one thread; there are as many processes as cores, and they share the sessions evenly. Sound comes first:
they are less urgent to the system than what speaks.
"""

import gc

import config.drawing  # noqa: F401

# isort: split
from accounts.queue import broker  # dramatiq looks for it here
from streaming.frames import studio, tasks
from streaming.frames.place import Place

gc.freeze()
broker.add_middleware(Place())
__all__ = ["broker", "studio", "tasks"]
