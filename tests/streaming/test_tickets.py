"""Who may connect: one-time tickets, bound to a session, a role and a page's origin."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
import websockets

from accounts.models import Workspace
from sessions import tickets
from sessions.redis import client as redis_client
from tests.house import House
from tests.live import LiveClient, Stage

PAGE = "https://shop.example"


async def refused(live: LiveClient, close: int) -> dict[str, Any]:
    """Wait for the refusal; returns the error that came before the close."""
    assert await live.closed() == close
    (error,) = live.events
    assert error["type"] == "error"
    return error


@pytest.fixture
def embedded(workspace: Workspace) -> None:
    """Alice's workspace allows PAGE."""
    Workspace.objects.filter(pk=workspace.pk).update(embed_origins=[PAGE])


async def test_it_refuses_tickets_that_nobody_gave_out(stage: Stage, quiet: House) -> None:
    made = await stage.create()
    for text in ("x" * 43, "", "nonsense"):
        live = await stage.connect(made["ticket"] | {"ticket": text}, made["id"])
        assert (await refused(live, 4401))["code"] == "ticket"
    assert (await stage.state(made["id"]))["state"] == "created"


async def test_it_opens_once_with_one_ticket(stage: Stage) -> None:
    made = await stage.create()
    first = await stage.connect(made["ticket"], made["id"])
    await first.event("session.ready")
    second = await stage.connect(made["ticket"], made["id"])
    await refused(second, 4401)
    assert not first.is_closed


async def test_it_refuses_a_ticket_whose_time_is_over(stage: Stage) -> None:
    made = await stage.create()
    key = tickets._key(made["ticket"]["ticket"])
    assert 0 < redis_client().pttl(key) <= 30_000
    redis_client().pexpire(key, 1)
    while redis_client().exists(key):
        await asyncio.sleep(0.005)
    await refused(await stage.connect(made["ticket"], made["id"]), 4401)


async def test_it_refuses_a_ticket_of_another_session_and_burns_it(stage: Stage) -> None:
    one, other = await stage.create(), await stage.create()
    crossed = other["ticket"] | {"url": one["ticket"]["url"]}
    await refused(await stage.connect(crossed, one["id"]), 4401)
    await refused(await stage.connect(other["ticket"], other["id"]), 4401)
    assert (await stage.state(one["id"]))["state"] == "created"


@pytest.mark.parametrize(
    "offer", [(), ("visavis.v1",), ("ticket.abc",), ("visavis.v2", "ticket.abc"), ("visavis.v1", "ticket.a", "ticket.b")]
)
async def test_it_refuses_clients_that_do_not_speak_the_protocol(stage: Stage, quiet: House, offer: tuple[str, ...]) -> None:
    made = await stage.create()
    try:
        live = await stage.connect(made["ticket"], made["id"], offer=offer)
    except websockets.NegotiationError:  # the client library itself, as the server picked none
        assert "visavis.v1" not in offer
        return
    await refused(live, 4401)


async def test_it_answers_with_its_subprotocol_alone(stage: Stage) -> None:
    live = await stage.open()
    assert live.socket.subprotocol == "visavis.v1"


async def test_it_admits_our_own_pages_and_no_foreign_ones(stage: Stage, house: House) -> None:
    made = await stage.create()
    foreign = await stage.connect(made["ticket"], made["id"], origin=PAGE)
    assert (await refused(foreign, 4403))["code"] == "origin_or_role"
    own = await stage.connect(await stage.ticket(made["id"]), made["id"], origin=house.url)
    await own.event("session.ready")


async def test_it_admits_the_pages_that_the_workspace_names(embedded: None, stage: Stage) -> None:
    made = await stage.create()
    live = await stage.connect(made["ticket"], made["id"], origin=PAGE)
    await live.event("session.ready")
    for origin in (f"{PAGE}.evil.example", f"{PAGE}:8443", "http://shop.example", "null"):
        foreign = await stage.connect(await stage.ticket(made["id"]), made["id"], origin=origin)
        await refused(foreign, 4403)
    assert not live.is_closed


async def test_it_binds_a_ticket_to_the_origin_of_its_session(stage: Stage, house: House) -> None:
    made = await stage.create(origin=f"{PAGE}/")
    for origin in (None, house.url, "https://other.example"):
        foreign = await stage.connect(await stage.ticket(made["id"]), made["id"], origin=origin)
        await refused(foreign, 4403)
    live = await stage.connect(await stage.ticket(made["id"]), made["id"], origin=PAGE)
    await live.event("session.ready")


async def test_it_refuses_an_origin_that_no_browser_sends(stage: Stage) -> None:
    answer = await stage.rest("POST", "/sessions", json={"avatar": "ada", "origin": f"{PAGE}/page"})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_origin")
    assert (await stage.get("/sessions"))["results"] == []


async def test_it_sends_nobody_into_a_session_that_is_over(stage: Stage) -> None:
    made = await stage.create()
    ticket = await stage.ticket(made["id"])
    await stage.rest("DELETE", f"/sessions/{made['id']}")
    await refused(await stage.connect(ticket, made["id"]), 4404)
    again = await stage.rest("POST", f"/sessions/{made['id']}/tickets", json={})
    assert (again.status_code, again.json()["code"]) == (410, "session_over")


async def test_it_gives_strangers_neither_tickets_nor_a_hint(stage: Stage, charlie_key: str) -> None:
    made = await stage.create()
    stranger = Stage(stage.url, charlie_key)
    for method, path in (("POST", "tickets"), ("POST", "turns"), ("GET", "turns"), ("GET", "events"), ("DELETE", "")):
        body = {"text": "Hello."} if path == "turns" and method == "POST" else None
        answer = await stranger.rest(method, f"/sessions/{made['id']}/{path}".rstrip("/"), json=body)
        assert (answer.status_code, answer.json()["code"]) == (404, "session_not_found")
    assert (await stage.state(made["id"]))["state"] == "created"


async def test_it_refuses_a_ticket_of_a_stranger_for_this_session(stage: Stage, charlies_workspace: Workspace) -> None:
    made = await stage.create()
    forged = tickets.issue(workspace_id=charlies_workspace.pk, session_id=made["id"], role="driver")
    live = await stage.connect(made["ticket"] | {"ticket": forged.text}, made["id"])
    await refused(live, 4404)
    assert (await stage.state(made["id"]))["state"] == "created"


async def test_it_finds_nothing_at_other_addresses(stage: Stage, house: House, quiet: House) -> None:
    for path in ("/ws/v1/sessions/nonsense", "/ws", "/ws/v2/sessions/00000000-0000-0000-0000-000000000000"):
        with pytest.raises(websockets.InvalidStatus) as refusal:
            await websockets.connect(f"ws://localhost:{house.port}{path}", proxy=None)
        assert refusal.value.response.status_code == 403
    async with httpx.AsyncClient() as http:
        assert (await http.get(f"{house.url}/readyz")).status_code == 200
