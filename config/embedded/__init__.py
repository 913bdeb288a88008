"""Real Postgres and Redis servers from wheels, for `make demo` and `make test`. Nothing here runs in production."""
