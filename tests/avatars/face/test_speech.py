"""A speaking face: lips meet when they must, move smoothly, and rest when nobody speaks."""

import numpy as np
import pytest
from numpy.typing import NDArray

from avatars.face import ARKIT, DEFAULT_RIG, EMOTIONS, FaceTrack, Rig
from avatars.face.channels import INDEX, row
from tests.avatars.face.speaking import SENTENCE, clause, face, spans

FPS = 120  # fine enough to time a closure
STEP_BOUND = 0.25  # of any mouth weight in a frame at 60 fps
SHUT_MM, SHUT_MS = 0.3, 40
MOUTH = [i for i, name in enumerate(ARKIT) if name.startswith(("mouth", "jaw", "tongue"))]
FOREIGN_HEAD = Rig(gap={"jawOpen": 21.0, "mouthClose": -19.0, "mouthSmile": 0.8, "mouthFunnel": 6.0, "mouthPress": -0.4})


def gap(track: FaceTrack, rig: Rig = DEFAULT_RIG) -> NDArray[np.float64]:
    """Lip gap of every frame in mm after the rig's own model."""
    return np.asarray(track.weights @ row(rig.gap))


def shut_ms(open_mm: NDArray[np.float64], span: tuple[int, int]) -> float:
    """How long the lips stay shut around the middle of a sound."""
    runs, best = 0, 0
    first, last = ((at - 30) * FPS // 1000 for at in span)
    for i in range(first, last + 60 * FPS // 1000):
        runs = runs + 1 if open_mm[i] <= SHUT_MM else 0
        best = max(best, runs)
    return best * 1000 / FPS


@pytest.mark.parametrize("rig", [DEFAULT_RIG, FOREIGN_HEAD], ids=["stock head", "foreign head"])
@pytest.mark.parametrize("emotion", EMOTIONS)
def test_it_shuts_the_lips_at_every_bilabial_under_every_emotion(emotion: str, rig: Rig) -> None:
    said = clause(SENTENCE)
    open_mm = gap(face(said, emotion=emotion, rig=rig).track(0, 5_000, fps=FPS), rig)
    bilabials = spans(said, "pbm")
    assert len(bilabials) == 7
    assert [span for span in bilabials if shut_ms(open_mm, span) < SHUT_MS] == []


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_it_brings_the_lower_lip_to_the_teeth_for_f_and_v(emotion: str) -> None:
    said = clause(SENTENCE)
    track = face(said, emotion=emotion).track(0, 5_000, fps=FPS)
    for start, end in spans(said, "fv"):
        here = slice((start - 30) * FPS // 1000, (end + 30) * FPS // 1000)
        assert track.weights[here, INDEX["mouthRollLower"]].max() > 0.35
        assert 0.5 < gap(track)[here].min() < 2.6 or shut_ms(gap(track), (start, end)) > 0  # next to m or b it is shut


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_it_moves_within_bounds_and_without_jumps(emotion: str) -> None:
    track = face(clause(SENTENCE), emotion=emotion).track(0, 5_000, fps=60)
    assert track.weights.min() >= 0 and track.weights.max() <= 1
    assert np.abs(np.diff(track.weights[:, MOUTH], axis=0)).max() < STEP_BOUND
    assert np.abs(np.diff(track.head, axis=0)).max() * 60 < 45


@pytest.mark.parametrize("emotion", ["happy", "excited", "soothing"])
def test_it_keeps_smiling_through_closures(emotion: str) -> None:
    said = clause(SENTENCE)
    smile = face(said, emotion=emotion).track(0, 5_000, fps=FPS).weights[:, INDEX["mouthSmileLeft"]]
    at_rest = smile[: 700 * FPS // 1000].mean()
    for start, end in spans(said, "pbm"):
        assert smile[(start + end) // 2 * FPS // 1000] > 0.8 * at_rest


def test_it_opens_wide_vowels_wider_than_narrow_ones() -> None:
    peak = {}
    for vowel in "ɑɛiu":
        said = clause(f"_:100 t:60 ˈ{vowel}:160 t:60 _:200")
        peak[vowel] = gap(face(said).track(0, 2_000, fps=FPS)).max()
    assert peak["ɑ"] > peak["ɛ"] > peak["i"] > 2.0
    assert peak["ɑ"] > 8.0 and peak["u"] > 2.0


def test_it_keeps_a_short_vowel_between_labials_open() -> None:
    said = clause("_:100 f:70 ə:25 m:60 ˈa:100 _:200")
    (schwa,) = spans(said, "ə")
    open_mm = gap(face(said).track(0, 2_000, fps=FPS))
    assert open_mm[(schwa[0] - 20) * FPS // 1000 : (schwa[1] + 20) * FPS // 1000].max() > 2.0


def test_it_rounds_before_a_rounded_sound_and_not_long_before() -> None:
    said = clause("_:100 t:70 ɪ:90 t:70 ɪ:90 w:80 i:150 _:200")
    pucker = face(said).track(0, 2_000, fps=FPS).weights[:, INDEX["mouthPucker"]]
    (w,) = spans(said, "w")
    half = np.flatnonzero(pucker > pucker.max() / 2)[0] * 1000 / FPS
    assert 30 <= w[0] - half <= 160
    assert pucker.max() > 0.6


def test_it_opens_more_for_a_louder_vowel() -> None:
    def peak_of_second(gain: float) -> float:
        loud, quiet = clause("_:60 t:60 ˈa:120 t:60 _:40"), clause("t:60 ˈa:120 t:60 _:100", gain=gain)
        pcm = np.concatenate([loud.pcm, quiet.pcm])
        later = clause("t:60 ˈa:120 t:60 _:100", start_ms=340).phonemes
        both = clause("_:680")
        said = type(both)(
            text="a", pcm=pcm, sample_rate=both.sample_rate, start_ms=0, phonemes=loud.phonemes + later, words=(), characters=1
        )
        return float(gap(face(said).track(1_360, 1_600, fps=FPS)).max())

    assert peak_of_second(0.15) < 0.9 * peak_of_second(1.0)


def test_it_shows_the_tongue_for_th_alone() -> None:
    def tongue(ipa: str) -> float:
        said = clause(f"_:100 ˈa:100 {ipa}:90 ˈa:100 _:100")
        return float(face(said).track(0, 2_000, fps=FPS).weights[:, INDEX["tongueOut"]].max())

    assert tongue("θ") > 0.25 and tongue("ð") > 0.2
    assert max(tongue(ipa) for ipa in "tnmsk") < 0.12


def test_it_only_idles_in_silence() -> None:
    said = clause(SENTENCE)
    talking, idle = face(said, at_ms=5_000), face()
    before, after = (0, 4_300), (5_000 + said.duration_ms + 700, 14_000)
    for start, stop in (before, after):
        difference = np.abs(talking.track(start, stop).weights - idle.track(start, stop).weights)[:, MOUTH]
        assert difference.max() < 0.02
    assert np.abs(talking.track(5_300, 5_600).weights - idle.track(5_300, 5_600).weights)[:, MOUTH].max() > 0.1


def test_it_takes_a_clause_without_phonemes_for_silence() -> None:
    silent, idle = face(clause("_:800")), face()
    assert np.allclose(silent.track(0, 3_000).weights[:, MOUTH], idle.track(0, 3_000).weights[:, MOUTH], atol=1e-6)
    face(clause("")).track(0, 2_000)


def test_it_nods_and_lifts_the_brows_with_accents() -> None:
    said = clause(SENTENCE)
    talking, idle = face(said).track(1_000, 4_000), face().track(1_000, 4_000)
    assert np.abs(talking.head - idle.head)[:, 1].max() > 1.0
    assert (talking.weights - idle.weights)[:, INDEX["browInnerUp"]].max() > 0.1


def test_it_lifts_the_head_for_a_question() -> None:
    asked, told = face(clause(SENTENCE, text="Baffled?")), face(clause(SENTENCE, text="Baffled."))
    end = 1_000 + clause(SENTENCE).duration_ms - 180
    assert (asked.track(end - 100, end + 100).head - told.track(end - 100, end + 100).head)[:, 1].min() > 1.0
