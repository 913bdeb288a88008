import numpy as np

from avatars.audio.corpus import HELD_OUT, TRAIN, Part, labels_of, spoken
from avatars.audio.features import HOP
from avatars.face.visemes import VISEMES
from avatars.voice import Phoneme


def _labels(spec: str, count: int) -> list[str]:
    """ "m:0-50 ɑ:50-120" as visemes."""
    phonemes = []
    for part in spec.split():
        ipa, start, end = part.replace("-", ":").split(":")
        phonemes.append(Phoneme(ipa=ipa, start_ms=int(start), end_ms=int(end)))
    return [VISEMES[label] for label in labels_of(phonemes, count)]


def test_it_labels_each_10_ms_and_leaves_pauses_silent() -> None:
    assert _labels("m:20-50 ˈɑ:50-70 s:100-120", 13) == [*["sil"] * 2, *["PP"] * 3, *["aa"] * 2, *["sil"] * 3, *["SS"] * 2, "sil"]


def test_it_gives_h_the_mouth_of_the_vowel_after_it_and_none_before_a_pause() -> None:
    assert _labels("h:0-30 u:30-50", 5) == ["ou"] * 5
    assert _labels("h:0-30 u:80-90", 4) == ["sil"] * 4


def test_it_says_the_same_again_with_labels_for_the_whole_sound() -> None:
    parts = [Part(voice="hibari-heart", count=1), Part(voice="no-such-voice", count=3)]
    (first,), (second,) = list(spoken(parts, seed=1, unseen=False)), list(spoken(parts, seed=1, unseen=False))
    np.testing.assert_array_equal(first.samples, second.samples)
    assert len(first.samples) == HOP * len(first.labels)
    assert 8 < len(set(first.labels.tolist())) <= 15
    other = next(spoken(parts, seed=2, unseen=False))
    assert len(other.samples) != len(first.samples)


def test_it_keeps_the_voices_it_is_judged_by_out_of_training() -> None:
    trained = {(part.voice, part.native) for part in TRAIN}
    seen = [part for part in HELD_OUT if (part.voice, part.native) in trained]
    assert [part.voice for part in seen] == ["hibari-heart"]
