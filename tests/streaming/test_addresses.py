"""Whom the audit trail names as the address of a websocket: behind proxies, what the outermost of them saw."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from channels.testing import WebsocketCommunicator
from django.test import override_settings

from accounts.addresses import socket_ip
from accounts.models import AuditEntry, Workspace
from accounts.tenancy import workspace_scope
from config.asgi import application
from sessions import tickets
from streaming.protocol import SUBPROTOCOL, TICKET_PREFIX
from tests.live import in_thread
from tests.sessions.factories import waiting

FORGED = b"203.0.113.66"
SEEN = b"198.51.100.7"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, [FORGED + b", " + SEEN], "192.0.2.1"),
        (1, [FORGED + b", " + SEEN], "198.51.100.7"),
        (1, [FORGED, SEEN], "198.51.100.7"),
        (2, [FORGED, SEEN + b", 10.0.0.1"], "198.51.100.7"),
        (1, [], "192.0.2.1"),
        (3, [SEEN], "192.0.2.1"),
        (1, [b"nonsense"], None),
    ],
)
def test_it_believes_only_the_trusted_proxies(proxies: int, forwarded: Sequence[bytes], address: str | None) -> None:
    headers = [(b"host", b"localhost"), *((b"x-forwarded-for", value) for value in forwarded)]
    with override_settings(ALLAUTH_TRUSTED_PROXY_COUNT=proxies):
        assert socket_ip("192.0.2.1", headers) == address


def test_it_knows_no_address_of_a_unix_socket() -> None:
    assert socket_ip("", []) is None


@pytest.mark.django_db(transaction=True)
async def test_it_notes_the_drivers_address_and_not_the_proxys(workspace: Workspace) -> None:
    def create() -> tuple[str, str]:
        with workspace_scope(workspace.pk):
            session = waiting()
        return str(session.pk), tickets.issue(workspace_id=workspace.pk, session_id=session.pk, role="driver").text

    def audited() -> list[str | None]:
        with workspace_scope(workspace.pk):
            return list(AuditEntry.objects.filter(action="session.ended").values_list("ip", flat=True))

    session, ticket = await in_thread(create)
    with override_settings(ALLAUTH_TRUSTED_PROXY_COUNT=1):
        live = WebsocketCommunicator(
            application,
            f"/ws/v1/sessions/{session}",
            headers=[(b"x-forwarded-for", FORGED + b", " + SEEN)],
            subprotocols=[SUBPROTOCOL, f"{TICKET_PREFIX}{ticket}"],
        )
        await live.connect(5)
        assert (await live.receive_json_from(5))["type"] == "session.ready"
        await live.disconnect(1000)
    assert await in_thread(audited) == ["198.51.100.7"]
