"""The worker's entry: `dramatiq config.worker --queues live`."""

import gc
import os
import threading

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from accounts.queue import broker  # noqa: E402  (dramatiq looks for it here)
from avatars.selectors import default_voice  # noqa: E402
from avatars.stock import stock_cast  # noqa: E402
from avatars.voice import warm_up  # noqa: E402
from streaming import tasks  # noqa: E402


def warm_up_the_cast() -> None:
    """Load every voice that an avatar speaks with by default; the first sentence of each is then as fast as the next."""
    for voice in {default_voice(avatar) for avatar in stock_cast()}:
        warm_up(voice)
    gc.freeze()


warm_up()
gc.freeze()  # what is loaded by now stays: walking it again and again took a fifteenth of a turn's time
threading.Thread(target=warm_up_the_cast, name="warm-up", daemon=True).start()
__all__ = ["broker", "tasks"]
