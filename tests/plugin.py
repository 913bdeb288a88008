"""Loaded by pytest before pytest-django reads the settings: starts real servers where none are named."""

import os

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


def pytest_unconfigure() -> None:
    if _stack is not None:
        _stack.down()
