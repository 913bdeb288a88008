"""Both servers together, started where no URL names a better one."""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import tempfile
from pathlib import Path

from config.embedded.identity import require_own
from config.embedded.paths import kept_root
from config.embedded.postgres import start_postgres
from config.embedded.server import Server
from config.embedded.valkey import start_redis


class Stack:
    """Real servers for a demo (kept in a git-ignored folder) or a test run (thrown away)."""

    def __init__(self, root: Path, *, throwaway: bool) -> None:
        self.root = root
        self.throwaway = throwaway
        self.servers: list[Server] = []

    @classmethod
    def kept(cls) -> Stack:
        """The demo's servers: their data survives."""
        return cls(kept_root(), throwaway=False)

    @classmethod
    def temporary(cls) -> Stack:
        """A test run's servers: no fsync, removed at the end."""
        return cls(Path(tempfile.mkdtemp(prefix="visavis-")), throwaway=True)

    def up(self) -> Stack:
        """Start what DATABASE_URL and REDIS_URL don't already name, and export the URLs. Idempotent settings only."""
        self.root.mkdir(parents=True, exist_ok=True)
        require_own(self.root)
        self.root.chmod(0o711)
        atexit.register(self.down)
        if "DATABASE_URL" not in os.environ:
            server, urls = start_postgres(self.root, throwaway=self.throwaway)
            self.servers.append(server)
            os.environ.update(urls)
        if "REDIS_URL" not in os.environ:
            server, urls = start_redis(self.root)
            self.servers.append(server)
            os.environ.update(urls)
        os.environ.setdefault("SECRET_KEY", self._secret_key())
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        return self

    def down(self) -> None:
        while self.servers:
            self.servers.pop().stop()
        if self.throwaway:
            shutil.rmtree(self.root, ignore_errors=True)

    def _secret_key(self) -> str:
        path = self.root / "secret-key"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(48))
        return path.read_text()
