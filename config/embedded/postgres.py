"""An embedded Postgres with the two roles of production: an owner that migrates, an application that owns nothing."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
from pathlib import Path

import psycopg
from psycopg import sql

from config.embedded.binaries import postgres_bin
from config.embedded.identity import give_to_server, reachable_binaries, server_identity
from config.embedded.server import Server, free_port

ROLES = {"visavis_owner": "CREATEDB", "visavis_app": ""}
_OPTIONS = ["-clisten_addresses=127.0.0.1", "-cunix_socket_directories=", "-cmax_connections=200", "-cshared_buffers=128MB"]
_THROWAWAY = ["-cfsync=off", "-csynchronous_commit=off", "-cfull_page_writes=off", "-cautovacuum=off"]


def start_postgres(root: Path, *, throwaway: bool) -> tuple[Server, dict[str, str]]:
    """Start (and the first time create) the cluster in `root`; return it and the URLs of the two roles."""
    binaries, folder = reachable_binaries(postgres_bin()), root / "postgres"
    folder.mkdir(parents=True, exist_ok=True)
    give_to_server(folder)
    fresh = not (folder / "data" / "PG_VERSION").exists()
    passwords = _passwords(root / "postgres.json", fresh=fresh)
    if fresh:
        _initialise(binaries, folder, passwords["postgres"])
    port = free_port()
    server = Server.start(
        "Postgres",
        [binaries / "postgres", "-D", folder / "data", f"-p{port}", *_OPTIONS, *(_THROWAWAY if throwaway else [])],
        stop_signal=signal.SIGINT,  # fast shutdown
        log=root / "postgres.log",
        env=_environment(folder),
        cwd=folder,
        **server_identity(),
    )
    admin = f"postgresql://postgres:{passwords['postgres']}@127.0.0.1:{port}/postgres"
    server.wait_until(lambda: _answers(admin))
    _create_roles(admin, passwords)
    return server, {
        "DATABASE_URL": f"postgresql://visavis_app:{passwords['visavis_app']}@127.0.0.1:{port}/visavis",
        "DATABASE_OWNER_URL": f"postgresql://visavis_owner:{passwords['visavis_owner']}@127.0.0.1:{port}/visavis",
    }


def _passwords(path: Path, *, fresh: bool) -> dict[str, str]:
    if fresh:
        path.touch(mode=0o600)
        path.write_text(json.dumps({role: secrets.token_urlsafe(18) for role in ("postgres", *ROLES)}))
    passwords: dict[str, str] = json.loads(path.read_text())
    return passwords


def _environment(folder: Path) -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": str(folder)}


def _initialise(binaries: Path, folder: Path, password: str) -> None:
    password_file = folder / "password"
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    give_to_server(password_file)
    options = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", f"--pwfile={password_file}"]
    subprocess.run(
        [str(binaries / "initdb"), "-D", str(folder / "data"), "-U", "postgres", *options],
        check=True,
        stdout=subprocess.DEVNULL,
        env=_environment(folder),
        cwd=folder,
        **server_identity(),
    )
    password_file.unlink()


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _create_roles(admin: str, passwords: dict[str, str]) -> None:
    """Neither role is a superuser nor bypasses row-level security: tests meet the walls of production."""
    with psycopg.connect(admin, autocommit=True) as connection:
        known = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
        for role, extra in ROLES.items():
            if role not in known:
                statement = "CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS " + extra + " PASSWORD {}"
                connection.execute(sql.SQL(statement).format(sql.Identifier(role), sql.Literal(passwords[role])))
        # The owner may end the application's connections: it drops test databases.
        connection.execute("GRANT visavis_app TO visavis_owner")
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'visavis'").fetchone():
            connection.execute("CREATE DATABASE visavis OWNER visavis_owner")
