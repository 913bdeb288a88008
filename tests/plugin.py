"""Loaded by pytest before pytest-django reads the settings: starts real servers where none are named."""

import gc
import os

import pytest

from config.embedded.stack import Stack

_stack: Stack | None = None
_worker = os.environ.get("PYTEST_XDIST_WORKER", "")
os.environ.setdefault("EMAIL_BACKEND", "django.core.mail.backends.locmem.EmailBackend")
os.environ.setdefault("LOG_LEVEL", "WARNING")
if not _worker and not {"DATABASE_URL", "REDIS_URL"} <= os.environ.keys():
    _stack = Stack.temporary().up()
    os.environ.setdefault("MEDIA_ROOT", str(_stack.root / "files"))

if _worker:  # a database of its own in Redis, too: queues, locks and keys of two runs must not meet
    os.environ["REDIS_URL"] = f"{os.environ['REDIS_URL'].rstrip('/')}/{int(_worker.removeprefix('gw')) + 1}"

gc.disable()  # while modules are imported and tests collected: hardly any of that is ever garbage


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """What is there by now stays. An eighth of a run went into looking for garbage as often as Python does by itself."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


def pytest_unconfigure() -> None:
    if _stack is not None:
        _stack.down()
