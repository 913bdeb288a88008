"""The entry of the worker that makes avatars: `dramatiq config.avatars --queues avatars --processes 1 --threads 1`.

Who has just sent a photo waits for it, so it does not queue behind hours of video. The networks that find a face are loaded
before the first message.
"""

import gc

import config.drawing  # noqa: F401

# isort: split
from accounts.queue import broker  # dramatiq looks for it here
from avatars import tasks
from avatars.photo import onboarding

onboarding.warm_up()
gc.freeze()
__all__ = ["broker", "onboarding", "tasks"]
