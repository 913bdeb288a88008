"""The entry of the worker for videos: `dramatiq config.render --queues render --processes 2 --threads 1`.

A process draws on one core: have one for each core that may draw.
"""

import gc

import config.drawing  # noqa: F401

# isort: split
from accounts.queue import broker  # dramatiq looks for it here
from avatars.videos import actors as videos
from avatars.videos import pipeline
from avatars.videos.place import Place

gc.freeze()
broker.add_middleware(Place())
__all__ = ["broker", "pipeline", "videos"]
