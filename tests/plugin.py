"""Loaded by pytest before pytest-django reads the settings: starts real servers where none are named."""

import os

from config.embedded.stack import Stack

_stack: Stack | None = None
os.environ.setdefault("EMAIL_BACKEND", "django.core.mail.backends.locmem.EmailBackend")
os.environ.setdefault("LOG_LEVEL", "WARNING")
if "PYTEST_XDIST_WORKER" not in os.environ and not {"DATABASE_URL", "REDIS_URL"} <= os.environ.keys():
    _stack = Stack.temporary().up()


def pytest_unconfigure() -> None:
    if _stack is not None:
        _stack.down()
