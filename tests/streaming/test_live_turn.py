"""A turn over the real wire: from `say` to sound, face, words and `turn.finished`."""

from __future__ import annotations

import numpy as np
import pytest

from avatars.face import decode
from streaming.protocol import Flag
from tests.house import House
from tests.live import LiveClient

pytestmark = pytest.mark.django_db(transaction=True)
TEXT = "Good morning. My name is Ada, and I am happy to meet you."


async def test_it_speaks_a_sentence_with_face_and_words(house: House, alice_key: str) -> None:
    live = await LiveClient.open(house.url, alice_key)
    await live.send("say", text=TEXT, request_id="r1")
    await live.until(lambda: any(item.header.flags & Flag.LAST for item in live.faces(1)), what="the last face")
    await live.played_all(1)
    finished = await live.event("turn.finished", turn=1)

    assert finished["outcome"] == "completed"
    assert finished["heard_text"] == TEXT
    assert finished["request_id"] == "r1"
    started = await live.event("turn.started", turn=1)
    assert started["sample_rate"] == 24_000
    words = [word for event in live.events if event["type"] == "turn.words" for word in event["words"]]
    assert " ".join(word for word, _, _ in words) == TEXT
    assert all(start < end for _, start, end in words)

    pcm = np.frombuffer(b"".join(item.payload for item in live.audio(1)), "<i2")
    assert 2.0 < len(pcm) / 24_000 < 8.0
    assert 1_000 < np.sqrt(np.mean(pcm.astype(float) ** 2)) < 8_000
    assert finished["spoken_ms"] == len(pcm) // 24
    await live.close()


async def test_it_sends_sound_and_face_as_pairs_without_gap(house: House, alice_key: str) -> None:
    live = await LiveClient.open(house.url, alice_key)
    await live.send("say", text=TEXT)
    await live.until(lambda: any(item.header.flags & Flag.LAST for item in live.faces(1)))

    pts = 0
    for audio, face in zip(live.audio(1), live.faces(1), strict=True):
        assert (audio.header.seq, audio.header.pts_ms) == (face.header.seq, face.header.pts_ms)
        assert audio.header.pts_ms == pts
        length_ms = len(audio.payload) // 48
        assert len(decode(face.payload)) == -(-length_ms * 30 // 1000)
        pts += length_ms
    assert [item.header.seq for item in live.audio(1)] == list(range(len(live.audio(1))))
    await live.close()


async def test_it_ends_the_session_when_the_driver_says_goodbye(house: House, alice_key: str) -> None:
    live = await LiveClient.open(house.url, alice_key)
    await live.close()
    with house.http(alice_key) as http:
        for _ in range(50):
            session = http.get(f"/api/v1/sessions/{live.session}").json()
            if session["state"] == "ended":
                break
        assert session["end_reason"] == "client_closed"
        usage = http.get("/api/v1/usage").json()
    seats = next(item for item in usage["metrics"] if item["metric"] == "concurrent_sessions")
    assert seats["held"] == 0
