"""The embedded servers: any folder will do, nothing is left running, and nobody else's folder is trusted."""

from __future__ import annotations

import os
import signal
import stat
from pathlib import Path

import psutil
import pytest
import redis

from config.embedded.identity import NotOurs, require_own
from config.embedded.server import Server, ServerFailed
from config.embedded.stack import Stack
from config.embedded.valkey import start_redis


def test_it_runs_in_a_folder_with_spaces_and_keeps_its_password_private(tmp_path: Path) -> None:
    root = tmp_path / "my own folder"
    root.mkdir()
    server, urls = start_redis(root)
    try:
        with redis.Redis.from_url(urls["REDIS_URL"]) as client:
            assert client.ping()
        assert stat.S_IMODE((root / "redis" / "redis.conf").stat().st_mode) == 0o600
    finally:
        server.stop()
    assert server.process.poll() is not None


@pytest.mark.parametrize("failure", [ServerFailed, KeyboardInterrupt])
def test_it_leaves_nothing_running_when_the_start_fails(tmp_path: Path, failure: type[BaseException]) -> None:
    server = Server.start("Sleeper", ["sleep", "60"], stop_signal=signal.SIGTERM, log=tmp_path / "log")

    def never() -> bool:
        raise failure

    assert psutil.pid_exists(server.process.pid)
    with pytest.raises(failure):
        server.wait_until(never)
    assert server.process.poll() is not None


def test_it_trusts_its_own_folder_and_no_link_or_file(tmp_path: Path) -> None:
    require_own(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "file").touch()
    for name in ("link", "file"):
        with pytest.raises(NotOurs):
            require_own(tmp_path / name)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder that is somebody else's")
def test_it_starts_nothing_in_a_folder_of_somebody_else(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir(mode=0o755)
    os.chown(theirs, 65534, 65534)
    with pytest.raises(NotOurs):
        Stack(theirs, throwaway=False).up()
    assert list(theirs.iterdir()) == []
    assert stat.S_IMODE(theirs.stat().st_mode) == 0o755
