"""Postgres refuses to run as root: then it runs as `nobody`, without loosening anybody's permissions."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any


class NotOurs(RuntimeError):
    """A folder that we would trust was made by somebody else."""


def server_identity() -> dict[str, Any]:
    """Arguments for subprocess that drop root; empty for ordinary users."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def give_to_server(path: Path) -> None:
    """Make the server's identity own `path`."""
    if identity := server_identity():
        os.chown(path, identity["user"], identity["group"])


def can_reach(folder: Path) -> bool:
    """Whether the server's identity can traverse to `folder`."""
    identity = server_identity()
    return not identity or subprocess.run(["test", "-x", folder], cwd="/", **identity).returncode == 0


def require_own(folder: Path) -> None:
    """Raise NotOurs unless `folder` is a real folder of ours: names below /var/tmp can be guessed and taken by others."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise NotOurs(f"{folder} belongs to somebody else: remove it and try again.")


def reachable_binaries(bin_folder: Path) -> Path:
    """`bin_folder`, or a copy of its package where a private home hides it from `nobody`."""
    try:
        subprocess.run([bin_folder / "postgres", "--version"], check=True, capture_output=True, cwd="/", **server_identity())
        return bin_folder
    except (OSError, subprocess.CalledProcessError):
        return _copied_package(bin_folder)


def _copied_package(bin_folder: Path) -> Path:
    package = bin_folder.parent.parent
    stamp = f"{package}{(bin_folder / 'postgres').stat().st_mtime_ns}"
    target = Path("/var/tmp") / f"visavis-postgres-{hashlib.sha256(stamp.encode()).hexdigest()[:10]}"
    if target.exists():
        require_own(target)
    else:
        staging = target.with_suffix(f".{os.getpid()}")
        shutil.copytree(package, staging / package.name, symlinks=True)
        libraries = package.with_name(package.name + ".libs")  # bundled by auditwheel, found by relative rpath
        if libraries.exists():
            shutil.copytree(libraries, staging / libraries.name, symlinks=True)
        staging.chmod(0o755)
        staging.rename(target)
    return target / bin_folder.relative_to(package.parent)
