"""Expensive things are made once, even when several threads ask at the same time."""

from collections.abc import Callable, Hashable
from functools import wraps
from threading import Lock
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")


def once(make: Callable[_P, _T]) -> Callable[_P, _T]:
    """Like functools.cache, but threads that ask for the same thing wait for the one that makes it."""
    lock = Lock()
    made: dict[Hashable, _T] = {}

    @wraps(make)
    def have(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        key = (args, tuple(kwargs.items()))
        if key not in made:
            with lock:
                if key not in made:
                    made[key] = make(*args, **kwargs)
        return made[key]

    return have
