"""What strangers send as a recording: sound of every kind is read, nothing else is opened, waited for or decoded."""

from __future__ import annotations

import io
import struct
import time
import zlib
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avatars.videos import hearing
from avatars.videos.alignment import Differs
from avatars.videos.hearing import Unreadable, decoded, recorded
from avatars.videos.performance import spoken
from tests.avatars.sounds import RATE, written
from tests.avatars.videos.factories import SCRIPT, a_wish, wav

SDP = b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 50004 RTP/AVP 0\n"


def tone(container: str, codec: str, *, rate: int = RATE, layout: str = "mono") -> bytes:
    """A second of a tone as others make files."""
    sound = (np.sin(np.arange(RATE) * 440 * 2 * np.pi / RATE) * 12_000).astype(np.int16)
    return written(sound, container, codec, rate=rate, layout=layout)


def refusal(upload: bytes) -> str:
    with pytest.raises(Unreadable) as refused:
        decoded(upload)
    return refused.value.code


@pytest.mark.parametrize(
    ("container", "codec", "form"),
    [
        ("wav", "pcm_s16le", {"layout": "stereo"}),
        ("wav", "pcm_f32le", {"rate": 44_100}),
        ("wav", "pcm_u8", {"rate": 8_000}),
        ("ogg", "libopus", {"rate": 48_000}),
        ("flac", "flac", {}),
        ("mp3", "libmp3lame", {"rate": 44_100}),
        ("webm", "libopus", {"rate": 48_000}),
        ("mp4", "aac", {"rate": 44_100}),
        ("ipod", "alac", {"rate": 44_100}),
    ],
)
def test_it_reads_what_people_send(container: str, codec: str, form: dict[str, Any]) -> None:
    sound = decoded(tone(container, codec, **form))
    assert len(sound) / RATE == pytest.approx(1, abs=0.06)
    spectrum = np.abs(np.fft.rfft(sound[4_000:20_000].astype(float)))
    assert np.argmax(spectrum) * RATE / 16_000 == pytest.approx(440, abs=3)


@pytest.mark.parametrize("opening", [b"OggS\n", b"fLaC\n", b"ID3\n", b"RIFF....WAVE\n", b"....ftyp\n", b"\x1a\x45\xdf\xa3\n"])
def test_it_waits_for_nobody_where_text_names_an_address(opening: bytes) -> None:
    began = time.monotonic()
    assert refusal(opening + SDP) == "unreadable_sound"
    assert refusal(SDP) == refusal(b"#EXTM3U\n#EXTINF:1\nhttp://127.0.0.1:9/a.ts\n") == "unreadable_sound"
    assert time.monotonic() - began < 1.0


def png(side: int) -> bytes:
    """An empty picture, small as a file alone."""

    def part(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = part(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    rows = zlib.compress(bytes((3 * side + 1) * side), 9)
    return b"\x89PNG\r\n\x1a\n" + header + part(b"IDAT", rows) + part(b"IEND", b"")


def film_of(picture: bytes) -> bytes:
    """A MOV file of one PNG."""
    out = io.BytesIO()
    with av.open(out, "w", format="mov") as file:
        stream: Any = file.add_stream("png", rate=1)
        stream.width = stream.height = 64
        stream.pix_fmt = "rgb24"
        packet = av.Packet(picture)
        packet.stream, packet.time_base, packet.pts, packet.dts, packet.is_keyframe = stream, Fraction(1), 0, 0, True
        file.mux(packet)
    return out.getvalue()


def test_it_decodes_no_pictures_while_it_looks_at_a_file() -> None:
    film = film_of(png(8_000))
    assert len(film) < 300_000
    began = time.process_time()
    assert refusal(film) in {"no_sound", "unreadable_sound"}
    assert time.process_time() - began < 0.2  # it would take 0.7 s to decode


def test_it_refuses_sound_that_it_has_no_decoder_for() -> None:
    assert refusal(tone("wav", "adpcm_ima_wav")) == "unreadable_sound"
    assert refusal(tone("matroska", "ac3", rate=48_000)) == "unreadable_sound"


def test_it_refuses_sound_that_changes_its_form_on_the_way() -> None:
    low, wide = tone("mp3", "libmp3lame"), tone("mp3", "libmp3lame", layout="stereo", rate=48_000)
    assert refusal(low + wide) == "unreadable_sound"


def test_it_takes_a_recording_up_to_the_last_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hearing, "MOST_SECONDS", 1)
    upload = tone("wav", "pcm_s16le", rate=48_000)
    assert len(decoded(upload)) == pytest.approx(RATE, abs=40)
    monkeypatch.setattr(hearing, "MOST_SECONDS", 0.99)
    assert refusal(upload) == "recording_too_long"


def test_it_shows_signs_of_life_while_it_decodes() -> None:
    beats: list[int] = []
    decoded(tone("flac", "flac"), lambda: beats.append(1))
    assert len(beats) > 3


GOOD = [tone("ogg", "libopus", rate=48_000), tone("mp4", "aac"), tone("flac", "flac"), tone("wav", "pcm_s16le")]


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(GOOD), st.integers(0, 3000), st.binary(min_size=1, max_size=12), st.integers(0, 400))
def test_it_reads_or_refuses_damaged_files(good: bytes, at: int, damage: bytes, cut: int) -> None:
    upload = bytearray(good)
    upload[at : at + len(damage)] = damage
    try:
        sound = decoded(bytes(upload[: len(upload) - cut]))
    except Unreadable as error:
        assert error.code in {"unreadable_sound", "recording_too_short", "recording_too_long", "no_sound"}
    else:
        assert len(sound) <= 600 * RATE


class Cancelled(Exception):
    """What a sign of life raises where the work is not ours any more."""


def test_it_stops_wherever_it_is_when_the_video_is_cancelled() -> None:
    upload, wish = wav(spoken(a_wish()).sound), a_wish(script="", audio="0" * 64, transcript=SCRIPT)

    def beats_until(last: int) -> int:
        beats: list[int] = []

        def beat() -> None:
            beats.append(1)
            if len(beats) == last:
                raise Cancelled

        try:
            recorded(upload, wish, heard=beat)
        except Cancelled:
            return -len(beats)
        return len(beats)

    total = beats_until(0)  # while it is read, spoken, aligned and acted
    assert total > 10
    assert [beats_until(last) for last in (1, total // 2, total)] == [-1, -(total // 2), -total]


def test_it_speaks_no_transcript_that_nobody_can_have_said() -> None:
    upload, book = tone("wav", "pcm_s16le"), "Once upon a time there was a king. " * 500
    spent = time.process_time()
    with pytest.raises(Differs):
        recorded(upload, a_wish(script="", audio="0" * 64, transcript=book))
    assert time.process_time() - spent < 1.0  # speaking it takes some 20 s
