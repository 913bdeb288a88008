"""An embedded Redis-compatible server."""

from __future__ import annotations

import secrets
import signal
from pathlib import Path

import redis

from config.embedded.binaries import redis_server
from config.embedded.server import Server, free_port


def start_redis(root: Path) -> tuple[Server, dict[str, str]]:
    """Start a server in `root`; return it and its URL. What it holds may be lost."""
    folder, port, password = root / "redis", free_port(), secrets.token_urlsafe(18)
    folder.mkdir(parents=True, exist_ok=True)
    configuration = folder / "redis.conf"
    configuration.touch(mode=0o600)
    lines = [
        f"port {port}",
        "bind 127.0.0.1",
        f"requirepass {password}",
        f'dir "{folder}"',
        'save ""',
        "appendonly no",  # media passes through here: writing it down would stall sessions, and nothing here must last
        "client-output-buffer-limit pubsub 64mb 16mb 10",
    ]
    configuration.write_text("\n".join(lines) + "\n")
    log = root / "redis.log"
    server = Server.start("Redis", [redis_server(), configuration], stop_signal=signal.SIGTERM, log=log)
    url = f"redis://:{password}@127.0.0.1:{port}/0"
    server.wait_until(lambda: _answers(url))
    return server, {"REDIS_URL": url}


def _answers(url: str) -> bool:
    with redis.Redis.from_url(url) as client:
        try:
            return bool(client.ping())
        except (redis.ConnectionError, redis.exceptions.BusyLoadingError):
            return False
