"""Messages that are too large, too fast, malformed or senseless: each gets an error that says so, and nothing else happens."""

from __future__ import annotations

import json
from typing import Any

import pytest

from streaming.protocol import Kind, media
from tests.house import House
from tests.live import LiveClient, Stage

GOOD = {"type": "say", "text": "Hello."}
BAD_MESSAGES: list[tuple[str, str]] = [
    ("{", "bad_json"),
    ("", "bad_json"),
    ("[" * 9000, "bad_json"),
    ("9" * 5000, "bad_json"),
    ("null", "bad_message"),
    ("[]", "bad_message"),
    ('"say"', "bad_message"),
    ("{}", "bad_message"),
    ('{"type": 7}', "bad_message"),
    ('{"type": ["say"]}', "bad_message"),
    ('{"type": "shout"}', "unknown_type"),
    ('{"type": "' + "😀" * 60 + '"}', "unknown_type"),
    ('{"type": "chat", "text": "Hello."}', "not_available"),
    ('{"type": "listen.start", "sample_rate": 16000}', "not_available"),
    ('{"type": "listen.stop"}', "not_available"),
    ('{"type": "say"}', "bad_message"),
    ('{"type": "say", "text": 7}', "bad_message"),
    ('{"type": "say", "text": null}', "bad_message"),
    ('{"type": "say", "text": "a\\u0000b"}', "unsupported_text"),
    ('{"type": "say", "text": "a\\ud800b"}', "unsupported_text"),
    ('{"type": "say", "text": "Hi.", "request_id": "' + "x" * 65 + '"}', "bad_message"),
    ('{"type": "say", "text": "Hi.", "request_id": 5}', "bad_message"),
    ('{"type": "say", "text": "Hi.", "emotion": [1]}', "bad_message"),
    ('{"type": "say", "text": "Hi.", "emotion": {"intensity": 1}}', "bad_message"),
    ('{"type": "say", "text": "Hi.", "emotion": {"name": "happy", "intensity": 1.1}}', "bad_message"),
    ('{"type": "say", "text": "Hi.", "emotion": {"name": "happy", "intensity": NaN}}', "bad_message"),
    ('{"type": "say", "text": "Hi.", "voice_settings": {"rate": 2.1}}', "bad_message"),
    ('{"type": "say", "text": "Hi.", "voice_settings": {"rate": true}}', "bad_message"),
    ('{"type": "say", "text": "Hi.", "voice_settings": "fast"}', "bad_message"),
    ('{"type": "emotion", "name": "happy", "intensity": -0.1}', "bad_message"),
    ('{"type": "emotion", "name": "happy", "intensity": Infinity}', "bad_message"),
    ('{"type": "emotion"}', "bad_message"),
    ('{"type": "played", "turn": 1}', "bad_message"),
    ('{"type": "played", "turn": 1.5, "pts_ms": 0}', "bad_message"),
    ('{"type": "played", "turn": -1, "pts_ms": 0}', "bad_message"),
    ('{"type": "played", "turn": 1, "pts_ms": 1e300}', "bad_message"),
    ('{"type": "resume", "turn": "1", "seq": 0}', "bad_message"),
    ('{"type": "resume", "turn": 1, "seq": -2}', "bad_message"),
    ('{"type": "ping", "t": "now"}', "bad_message"),
    (json.dumps(GOOD | {"pad": "x" * 16_384}), "message_too_large"),
    (json.dumps(GOOD | {"pad": "é" * 8_200}, ensure_ascii=False), "message_too_large"),
]
BAD_MEDIA: list[tuple[bytes, str]] = [
    (b"", "bad_media"),
    (b"\x01" * 15, "bad_media"),
    (b"\x02" + b"\x01" * 15, "bad_media"),
    (b"\x01\x00" + bytes(14), "bad_media"),
    (b"\x01\x63" + bytes(14), "bad_media"),
    (media(Kind.PCM16, bytes(640), turn=0, pts_ms=0, seq=0), "not_listening"),
    (media(Kind.OPUS, bytes(40), turn=0, pts_ms=0, seq=0), "not_listening"),
    (media(Kind.PCM16, bytes(65_536), turn=0, pts_ms=0, seq=0), "message_too_large"),
]
REFUSED_SAYS: list[tuple[dict[str, Any], str]] = [
    ({"text": ""}, "empty_text"),
    ({"text": " \n\t "}, "empty_text"),
    ({"text": "a" * 5001}, "text_too_long"),
    ({"text": "Hi.", "emotion": {"name": "grumpy"}}, "unknown_emotion"),
    ({"text": "Hi.", "emotion": "grumpy"}, "unknown_emotion"),
]
UNSPEAKABLE = ["😀", "…", "مرحبا"]


async def still_works(live: LiveClient) -> None:
    """The connection is open, and nothing was said."""
    await live.send("ping", t=42)
    await live.event("pong", t=42)


async def errors_of(stage: Stage, messages: list[str | bytes]) -> list[str]:
    """The code that each message is answered with; two on each connection, as three offences close it."""
    codes = []
    live = await stage.open()
    for at in range(0, len(messages), 2):
        live = live if at == 0 else await stage.join(live.session)
        for message in messages[at : at + 2]:
            await live.socket.send(message)
            await live.event("error")
            await still_works(live)
            codes.append(next(event["code"] for event in live.events if event["type"] == "error"))
            live.events[:] = live.events[:1]
    assert (await stage.get(f"/sessions/{live.session}/turns"))["results"] == []
    return codes


async def test_it_answers_each_bad_message_with_its_code(stage: Stage, quiet: House) -> None:
    codes = await errors_of(stage, [text for text, _ in BAD_MESSAGES])
    assert list(zip(codes, BAD_MESSAGES, strict=True)) == [(code, (text, code)) for text, code in BAD_MESSAGES]


async def test_it_answers_each_bad_binary_message_with_its_code(stage: Stage, quiet: House) -> None:
    codes = await errors_of(stage, [data for data, _ in BAD_MEDIA])
    assert codes == [code for _, code in BAD_MEDIA]


async def test_it_refuses_what_can_not_be_said_and_keeps_the_connection(stage: Stage, quiet: House) -> None:
    live = await stage.open()
    for number, (fields, code) in enumerate(REFUSED_SAYS):
        await live.send("say", request_id=f"r{number}", **fields)
        error = await live.error(code, request_id=f"r{number}")
        assert error["status"] == 400
    await live.send("emotion", name="grumpy", intensity=1)
    await live.until(lambda: len([e for e in live.events if e.get("code") == "unknown_emotion"]) == 3, what="a refusal")
    await still_works(live)
    assert (await stage.get(f"/sessions/{live.session}/turns"))["results"] == []
    assert (await stage.usage("tts_characters"))["used"] == 0


@pytest.mark.parametrize("text", UNSPEAKABLE)
async def test_it_fails_a_turn_that_no_voice_can_speak(stage: Stage, quiet: House, text: str) -> None:
    live = await stage.open()
    await live.send("say", text=text, request_id="r1")
    finished = await live.event("turn.finished", turn=1)
    assert finished["outcome"] == "failed"
    error = await live.event("error", turn=1)
    assert error["code"] in {"empty_text", "unsupported_text", "unsupported_language"}
    turn = await stage.turn(live.session, 1)
    assert (turn["error"], turn["characters"]) == (error["code"], 0)
    assert (await stage.usage("tts_characters", held=0))["used"] == 0
    await live.send("say", text="Yes.")
    await live.last_of(2)


async def test_it_speaks_a_text_of_just_the_longest_length(stage: Stage) -> None:
    live = await stage.open()
    await live.send("say", text=("Long. " * 834)[:5000])
    await live.spoken(1)
    assert not [event for event in live.events if event["type"] == "error"]


async def test_it_closes_after_three_malformed_messages(stage: Stage, quiet: House) -> None:
    live = await stage.open()
    for _ in range(3):
        await live.socket.send("{")
    assert await live.closed() == 4400
    assert [event["code"] for event in live.events if event["type"] == "error"] == ["bad_json"] * 3
    assert (await stage.state(live.session))["state"] == "live"
    again = await stage.join(live.session)
    await still_works(again)


async def test_it_closes_with_a_reason_that_fits_into_the_frame(stage: Stage, quiet: House) -> None:
    live = await stage.open()
    for _ in range(3):
        await live.socket.send(json.dumps({"type": "😀" * 60}, ensure_ascii=False))
    assert await live.closed() == 4400
    assert "😀" in (live.socket.close_reason or "")


async def test_it_closes_who_sends_too_fast(stage: Stage, quiet: House) -> None:
    live = await stage.open()
    for number in range(60):
        await live.send("ping", t=number)
    assert await live.closed() == 4429
    assert [event["code"] for event in live.events if event["type"] == "error"] == ["too_fast"] * 3
    assert len([event for event in live.events if event["type"] == "pong"]) == 30


async def test_it_closes_on_a_message_beyond_what_the_server_reads(stage: Stage, quiet: House) -> None:
    live = await stage.open()
    await live.socket.send(bytes(131_073))
    assert await live.closed() == 1009
    again = await stage.join(live.session)
    await still_works(again)


async def test_it_closes_on_text_that_is_not_utf8(stage: Stage, quiet: House) -> None:
    live = await stage.open()
    await live.socket.send(b"\xff\xfe", text=True)
    assert await live.closed() == 1007
