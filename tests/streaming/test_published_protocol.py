"""docs/asyncapi.yaml and docs/protocol.md say what the code does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from streaming import protocol
from tests.live import Stage

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT: dict[str, Any] = yaml.safe_load((ROOT / "docs" / "asyncapi.yaml").read_text())
PROSE = (ROOT / "docs" / "protocol.md").read_text()


def messages(operation: str) -> set[str]:
    return {ref["$ref"].rpartition("/")[2] for ref in DOCUMENT["operations"][operation]["messages"]}


def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(DOCUMENT["components"]["messages"][name]["payload"] | {"components": DOCUMENT["components"]})


def test_it_publishes_every_message_that_the_parser_knows() -> None:
    assert messages("clientSends") == set(protocol._PARSERS)
    for name in set(protocol._PARSERS) | protocol.LATER:
        assert f"`{name}`" in PROSE


def test_it_publishes_every_message_that_the_server_sends() -> None:
    sources = "\n".join(path.read_text() for path in (ROOT / "streaming").rglob("*.py"))
    sent = set(re.findall(r'control\(\s*"([a-z.]+)"', sources))
    assert messages("serverSends") | messages("serverTells") == sent
    for name in messages("serverTells"):
        assert f"`{name}`" in PROSE


def test_it_publishes_every_close_code_and_limit() -> None:
    for close in protocol.Close:
        assert f"| {close.value} | {close.name.lower()} |" in PROSE
    assert f"{protocol.MAX_CONTROL_BYTES // 1024} KiB" in PROSE
    assert f"{protocol.MAX_MEDIA_BYTES // 1024} KiB" in PROSE
    assert f"{protocol.MAX_MESSAGES_PER_SECOND} a second" in PROSE


async def test_it_sends_what_the_document_promises(stage: Stage) -> None:
    live = await stage.open()
    await live.send("ping", t=1)
    await live.send("emotion", name="happy", intensity=0.5)
    await live.send("chat", text="Who are you?")
    await live.send("say", text="One short sentence.", request_id="r1")
    await live.last_of(1)
    await live.played_all(1)
    await live.event("turn.finished")

    seen = {event["type"] for event in live.events}
    assert seen == messages("serverSends") - {"session.notice", "session.ended", "video.changed"}
    for event in live.events:
        fields = {name: value for name, value in event.items() if name != "at"}
        validator(event["type"]).validate(fields)
