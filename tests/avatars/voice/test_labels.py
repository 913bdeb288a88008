"""From symbol durations to phonemes, on made-up sounds whose truth is known."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from avatars.voice.closures import place_closures
from avatars.voice.envelope import envelope, quiet_edges
from avatars.voice.ipa import segments
from avatars.voice.labels import LATE_MS, UNIT_MS, Label, label
from avatars.voice.loudness import level


def hum(*stretches: tuple[int, float]) -> NDArray[np.float32]:
    """A 200 Hz tone in stretches of (ms, amplitude)."""
    length = sum(ms for ms, _ in stretches) * 24
    shape = np.concatenate([np.full(ms * 24, amplitude, np.float32) for ms, amplitude in stretches])
    tone: NDArray[np.float32] = (np.sin(2 * np.pi * 200 * np.arange(length) / 24_000) * shape).astype(np.float32)
    return tone


def units(*counts: int) -> NDArray[np.float32]:
    return np.array(counts, np.float32)


def test_it_moves_labels_to_where_the_sound_is() -> None:
    (_, first, second, _) = label("^ma$", units(4, 4, 4, 4), envelope(hum((400, 0.5))))
    assert first.start == 4 * UNIT_MS - LATE_MS
    assert (first.end, second.start) == (8 * UNIT_MS - LATE_MS,) * 2


def test_it_gives_part_of_a_stress_mark_to_a_short_consonant_before_it() -> None:
    (_, onset, vowel, _) = label("^tˈa$", units(4, 2, 4, 4, 4), envelope(hum((450, 0.5))))
    assert onset.end - onset.start == 2 * UNIT_MS + 0.5 * 4 * UNIT_MS
    assert vowel.start == onset.end
    assert vowel.stress == "ˈ"
    assert not onset.stress


def test_it_ends_the_last_phone_before_a_pause_where_its_sound_ends() -> None:
    heard = hum((100, 0.5), (40, 0.5), (660, 0.0))
    (_, vowel, pause) = label("^a$", units(4, 16, 12), envelope(heard))
    assert 140 <= vowel.end <= 170
    assert pause.start == vowel.end


def test_it_splits_a_diphthong_after_its_time_is_known() -> None:
    (_, nucleus, glide, _) = label("^A$", units(4, 8, 4), envelope(hum((400, 0.5))))
    assert (nucleus.ipa, glide.ipa) == ("e", "ɪ")
    assert nucleus.end - nucleus.start == 0.6 * (glide.end - nucleus.start)


def test_it_places_a_closure_on_the_silence_that_is_heard() -> None:
    heard = envelope(hum((200, 0.5), (70, 0.002), (200, 0.5)))
    late = [
        Label(ipa="a", start=0, end=230, index=0),
        Label(ipa="p", start=230, end=290, index=1),
        Label(ipa="a", start=290, end=470, index=2),
    ]
    before, closure, after = place_closures(late, heard)
    assert abs(closure.start - 200) <= 15
    assert abs(closure.end - 270) <= 15
    assert (before.end, after.start) == (closure.start, closure.end)


def test_it_leaves_a_closure_alone_that_can_not_be_heard() -> None:
    labels = [Label(ipa="b", start=100, end=160, index=0)]
    assert place_closures(labels, envelope(hum((400, 0.5)))) == labels


@given(
    st.lists(st.sampled_from("abpmsAIˈˌː .,tʧ"), min_size=1, max_size=30),
    st.data(),
)
def test_labels_follow_each_other_within_the_sound(symbols: list[str], data: st.DataObject) -> None:
    count = len(symbols) + 2
    durations = units(*data.draw(st.lists(st.integers(1, 12), min_size=count, max_size=count)))
    heard = np.random.default_rng(count).normal(0, 0.1, int(durations.sum()) * 600).astype(np.float32)
    last = 0.0
    for piece in label(f"^{''.join(symbols)}$", durations, envelope(heard)):
        assert last <= piece.start <= piece.end <= len(heard) / 24
        last = piece.end


def test_it_reads_espeaks_strings_as_single_segments() -> None:
    said = segments("ˈaɪ", 100, 200, 3)
    assert [(one.ipa, one.stress, one.start, one.end) for one in said] == [("a", "ˈ", 100, 160), ("ɪ", "", 160, 200)]
    assert [one.ipa for one in segments("tʃ", 0, 50, 0)] == ["ʧ"]
    assert [one.ipa for one in segments("ɔ̃", 0, 50, 0)] == ["ɔ"]
    assert segments("", 0, 50, 0) == segments("(en)", 0, 50, 0) == []


def test_it_finds_the_silence_around_a_sound() -> None:
    before, after = quiet_edges(hum((300, 0.0), (200, 0.5), (250, 0.0)))
    assert 280 <= before <= 300
    assert 230 <= after <= 250
    assert quiet_edges(np.zeros(2400, np.float32)) == (0, 0)


def test_it_bends_peaks_and_leaves_the_rest_as_it_is() -> None:
    quiet = np.linspace(-0.3, 0.3, 601, dtype=np.float32)
    assert np.array_equal(level(quiet, 6.0206), np.rint(quiet * 10 ** (6.0206 / 20) * 32767).astype(np.int16))
    loud = level(np.linspace(-4, 4, 999, dtype=np.float32), 12.0)
    assert np.abs(loud.astype(int)).max() <= 0.971 * 32767
    assert (np.diff(loud.astype(int)) >= 0).all()
