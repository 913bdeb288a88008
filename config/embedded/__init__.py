"""Real Postgres and Redis servers from wheels, for `make demo` and `make test`. Nothing here runs in production."""

from config.embedded.stack import Stack

__all__ = ["Stack"]
