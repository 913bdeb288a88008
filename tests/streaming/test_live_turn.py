"""A turn over the real wire: from `say` to sound, face, words and `turn.finished`."""

from __future__ import annotations

import numpy as np

from avatars.face import decode
from tests.house import House
from tests.live import Stage

TEXT = "Good morning. My name is Ada, and I am happy to meet you."


async def test_it_speaks_a_sentence_with_face_and_words(stage: Stage, quiet: House) -> None:
    live = await stage.open()
    await live.send("say", text=TEXT, request_id="r1")
    await live.last_of(1)
    await live.played_all(1)
    finished = await live.event("turn.finished", turn=1)

    assert finished["outcome"] == "completed"
    assert finished["heard_text"] == TEXT
    assert finished["request_id"] == "r1"
    assert {"voice_first_chunk_ms", "first_face_ms", "first_sent_ms"} <= finished["timings"].keys()
    started = await live.event("turn.started", turn=1)
    assert started["sample_rate"] == 24_000
    assert "".join(event["delta"] for event in live.events if event["type"] == "turn.text") == TEXT
    words = [word for event in live.events if event["type"] == "turn.words" for word in event["words"]]
    assert " ".join(word for word, _, _ in words) == TEXT
    assert all(start < end for _, start, end in words)

    pcm = np.frombuffer(b"".join(item.payload for item in live.audio(1)), "<i2")
    assert 2.0 < len(pcm) / 24_000 < 8.0
    assert 1_000 < np.sqrt(np.mean(pcm.astype(float) ** 2)) < 8_000
    assert finished["spoken_ms"] == len(pcm) // 24
    shown = await stage.turn(live.session, 1)
    assert (shown["state"], shown["characters"], shown["heard_text"]) == ("completed", len(TEXT), TEXT)
    assert (await stage.usage("tts_characters", used=len(TEXT)))["held"] == 0


async def test_it_sends_sound_and_face_as_pairs_without_gap(stage: Stage) -> None:
    live = await stage.open()
    await live.send("say", text=TEXT)
    await live.last_of(1)

    pts = 0
    for audio, face in zip(live.audio(1), live.faces(1), strict=True):
        assert (audio.header.seq, audio.header.pts_ms) == (face.header.seq, face.header.pts_ms)
        assert audio.header.pts_ms == pts
        length_ms = len(audio.payload) // 48
        assert len(decode(face.payload)) == -(-length_ms * 30 // 1000)
        pts += length_ms
    assert [item.header.seq for item in live.audio(1)] == list(range(len(live.audio(1))))


async def test_it_charges_a_turn_to_a_client_that_reports_nothing(stage: Stage) -> None:
    live = await stage.open()
    await live.send("say", text="Yes.")
    finished = await live.event("turn.finished", turn=1)
    assert (finished["outcome"], finished["heard_text"]) == ("completed", "Yes.")


async def test_it_ends_the_session_when_the_driver_says_goodbye(stage: Stage, quiet: House) -> None:
    live = await stage.open()
    await live.close()
    session = await stage.state(live.session, state="ended")
    assert session["end_reason"] == "client_closed"
    assert (await stage.usage("concurrent_sessions", held=0))["used"] == 0


async def test_it_settles_the_turn_in_which_the_driver_says_goodbye(stage: Stage) -> None:
    live = await stage.open()
    await live.send("say", text=TEXT + " " + TEXT)
    await live.spoken(1, pairs=2)
    await live.close()
    await stage.state(live.session, state="ended")
    turn = await stage.turn(live.session, 1, state="interrupted")
    assert 0 < turn["characters"] <= 2 * len(TEXT) + 1
    assert (await stage.usage("tts_characters", held=0))["used"] == turn["characters"]
