import numpy as np
import pytest

from avatars.audio.features import SAMPLE_RATE
from avatars.audio.track import clauses, track_of
from avatars.face.channels import INDEX, row
from avatars.face.measure import SHUT_MS, shut_ms
from avatars.face.rig import DEFAULT_RIG
from tests.avatars.audio.saying import said
from tests.avatars.audio.test_visemes import _closures

FPS = 120


def test_it_shuts_the_lips_where_the_voice_does() -> None:
    one = said()
    gap = track_of(one.samples, SAMPLE_RATE, fps=FPS).weights @ row(DEFAULT_RIG.gap)
    shut = [shut_ms(gap, span, FPS) >= SHUT_MS for span in _closures(one.labels)]
    assert len(shut) >= 10
    assert sum(shut) >= 0.75 * len(shut)


def test_it_opens_the_mouth_for_speech_and_rests_in_silence() -> None:
    second = np.zeros(SAMPLE_RATE, np.float32)
    samples = np.concatenate([second, second, said().samples, second, second])
    jaw = track_of(samples, SAMPLE_RATE).weights[:, INDEX["jawOpen"]]
    assert jaw[60:-60].max() > 0.25
    assert max(jaw[:45].max(), jaw[-30:].max()) < 0.08


@pytest.mark.parametrize("fps", [25, 30, 60])
def test_it_lasts_as_long_as_the_sound(fps: int) -> None:
    samples = np.tile(said().samples, 3)
    track = track_of(samples, SAMPLE_RATE, fps=fps)
    assert len(track) == -(-len(samples) * fps // SAMPLE_RATE)
    assert track.table().shape == (len(track), 57)
    assert track.fps == fps and track.start_ms == 0


def test_it_gives_the_same_face_again_and_another_for_another_seed_or_emotion() -> None:
    samples = said().samples[: 2 * SAMPLE_RATE]
    first = track_of(samples, SAMPLE_RATE, seed=4).table()
    np.testing.assert_array_equal(first, track_of(samples, SAMPLE_RATE, seed=4).table())
    assert np.abs(first - track_of(samples, SAMPLE_RATE, seed=5).table()).max() > 0.01
    happy = track_of(samples, SAMPLE_RATE, seed=4, emotion="happy")
    assert happy.table()[:, INDEX["mouthSmileLeft"]].mean() > first[:, INDEX["mouthSmileLeft"]].mean() + 0.05


def test_it_cuts_speech_at_long_pauses_and_keeps_its_order() -> None:
    one = said().samples
    samples = np.concatenate([one, np.zeros(SAMPLE_RATE, np.float32), one])
    found = clauses(samples, SAMPLE_RATE)
    assert len(found) >= 2
    ends = [clause.start_ms + -(-len(clause.pcm) * 1000 // SAMPLE_RATE) for clause in found]
    assert all(end <= clause.start_ms for end, clause in zip(ends, found[1:], strict=False))
    for clause, end in zip(found, ends, strict=True):
        assert clause.start_ms <= clause.phonemes[0].start_ms < clause.phonemes[-1].end_ms <= end + 10


def test_it_refuses_what_it_can_not_draw() -> None:
    with pytest.raises(ValueError, match="emotion"):
        track_of(said().samples, SAMPLE_RATE, emotion="hungry")
    with pytest.raises(ValueError, match="fps"):
        track_of(said().samples, SAMPLE_RATE, fps=0)
    assert len(track_of(np.zeros(0, np.float32), SAMPLE_RATE)) == 0


def test_it_still_speaks_at_the_end_of_a_long_recording() -> None:
    sentence = np.pad(said().samples, (0, SAMPLE_RATE))
    sentence = np.pad(sentence, (0, -len(sentence) % SAMPLE_RATE))
    seconds, times = len(sentence) // SAMPLE_RATE, 16  # more stretches of speech than a face remembers
    jaw = track_of(np.tile(sentence, times), SAMPLE_RATE, fps=25).weights[:, INDEX["jawOpen"]].reshape(times, seconds * 25)
    assert jaw[-1].max() > 0.25
    assert np.corrcoef(jaw[1], jaw[-1])[0, 1] > 0.9
