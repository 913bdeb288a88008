"""What deploy/ starts is what config/processes.py says, with settings that exist."""

from __future__ import annotations

import re
import shlex
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.urls import URLPattern
from rest_framework.parsers import MultiPartParser

from avatars.blocks import recording
from avatars.uploads import picture
from config import processes
from config.urls import API

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SETTINGS = "".join(path.read_text() for path in (ROOT / "config" / "settings.py", ROOT / "config" / "migrate.py"))
PLACE = {"--host", "--port"}  # differ by where the process runs
COMMANDS = {
    "web": processes.web(8000),
    "worker": processes.worker(),
    "batch": processes.batch(),
    "avatars": processes.avatars(),
    "render": processes.render(),
    "frames": processes.frames(),
    "clock": processes.clock(),
}
UNITS = {"web": "visavis-web@", "worker": "visavis-worker@"} | {
    name: f"visavis-{name}" for name in ("batch", "avatars", "render", "frames", "clock")
}


def essence(command: list[str]) -> list[str]:
    """A command without its interpreter, path and place: `--name=value` as two words."""
    words = [word for part in command for word in (part.split("=", 1) if part.startswith("--") else [part])]
    words = [word for word in words if word not in {"env", "-m"} and "_prefetch=" not in word]
    words = words[1:] if Path(words[0]).name.startswith("python") else words
    return [Path(words[0]).name, *(word for at, word in enumerate(words) if at and not {word, words[at - 1]} & PLACE)]


def prefetch(text: str) -> list[str]:
    return re.findall(r"dramatiq_queue_prefetch\W+(\d+)", text)


@pytest.mark.parametrize("name", COMMANDS)
def test_it_starts_each_process_as_the_program_itself_does(name: str) -> None:
    unit = (DEPLOY / "systemd" / f"{UNITS[name]}.service").read_text()
    started = shlex.split(re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)[0])
    service = COMPOSE["services"][name]
    expected = essence(COMMANDS[name])
    assert essence(started) == expected
    assert essence(service["command"]) == expected
    wanted = prefetch(" ".join(COMMANDS[name]))
    assert prefetch(unit) == prefetch(str(service.get("environment", {}))) == wanted


def test_it_sets_only_what_is_read() -> None:
    names = re.findall(r"^#?([A-Z0-9_]+)=", (DEPLOY / "env.example").read_text(), re.MULTILINE)
    assert {"SECRET_KEY", "BASE_URL", "TRUSTED_PROXY_COUNT", "DATABASE_URL"} <= set(names)
    assert [name for name in names if f'"{name}"' not in SETTINGS] == []


def takes_files(route: URLPattern) -> bool:
    return MultiPartParser in getattr(getattr(route.callback, "view_class", None), "parser_classes", ())


def test_it_lets_uploads_through_wherever_the_api_takes_them() -> None:
    uploads = {f"/api/v1/{route.pattern}" for module in API for route in import_module(module).urlpatterns if takes_files(route)}
    block = re.search(r"location ~ (\S+) \{\s+client_max_body_size (\d+)m;", (DEPLOY / "nginx" / "visavis.conf").read_text())
    assert uploads
    assert block is not None
    assert {path for path in uploads if not re.match(block[1], path)} == set()
    most = max(recording.MOST_BYTES, picture.MOST_BYTES, settings.AVATAR_PHOTO_BYTES, settings.AVATAR_HEAD_BYTES)
    assert int(block[2]) * 2**20 > most


def test_it_asks_for_every_password_that_compose_needs() -> None:
    needed = set(re.findall(r"\$\{(\w+):\?\}", (DEPLOY / "compose.yaml").read_text()))
    assert needed == set(re.findall(r"^(\w+)=", (DEPLOY / "compose.env.example").read_text(), re.MULTILINE))


def test_it_gives_the_owners_password_to_migrations_only() -> None:
    for name, service in COMPOSE["services"].items():
        holds = "OWNER_PASSWORD" in str(service.get("environment", {}))
        assert holds == (name in {"postgres", "migrate"})


def test_it_runs_as_nobody_in_particular_and_writes_nowhere() -> None:
    assert re.findall(r"^USER (.*)$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE) == ["10001"]
    for name in (*COMMANDS, "migrate"):
        service = COMPOSE["services"][name]
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
        assert "User=visavis" in (DEPLOY / "systemd" / f"{UNITS.get(name, 'visavis-migrate')}.service").read_text()


def test_it_lets_a_websocket_through_the_proxy() -> None:
    site = (DEPLOY / "nginx" / "visavis.conf").read_text()
    for line in (
        "proxy_set_header Upgrade $http_upgrade;",
        "proxy_set_header Connection $connection_upgrade;",
        "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
        "proxy_set_header X-Forwarded-Proto $scheme;",
        "location /ws/ {",
    ):
        assert line in site


def test_it_copies_every_room_into_the_image() -> None:
    copied = set(re.findall(r"^COPY (\w+) \1$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE))
    rooms = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks"}
    assert rooms | {"templates", "static", "docs"} <= copied
