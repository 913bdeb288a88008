"""Any IPA leads to lips, none raises."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatars.face.phones import DOMINANCE, IS_CLOSED, IS_TEETH, IS_VOWEL, SYMBOLS, TARGET, sounds
from avatars.face.visemes import VISEMES, viseme, viseme_weights

# What espeak-ng and Kokoro emit beyond English.
FOREIGN = {
    "es": "a e i o u β ɣ ð θ x ʎ ɲ ʝ ɾ r tʃ ŋ s̺ j w",
    "fr": "ɑ̃ ɛ̃ ɔ̃ œ̃ y ø œ ə ʁ ʒ ɲ ɥ ɡ ʃ aː",
    "it": "ʎ ɲ ts dz tʃ dʒ ɾ r ɛ ɔ ss ʦ ʣ",
    "pt": "ɐ ɐ̃ ẽ ĩ õ ũ w̃ j̃ ʎ ɲ ʁ ɨ x tʃ dʒ lʲ",
    "de": "ç x ʏ yː øː œ pf ts ɐ ɜ ʁ ʊ ɔø aɪ̯ ʔ",
    "pl": "ɕ ʑ tɕ dʑ ʂ ʐ ɨ ɛw",
    "ja": "ɯ ɸ ɕ ʨ ʥ ɲ ɴ ᵝ ɾ",
    "zh": "ʈʂ ʐ ʂ tɕʰ y ɤ ɚ u̯ ꭧ ʨ ↓ →",
    "hi": "ʈ ɖ ɽ ɳ bʱ dʒʱ ə̃ ʋ ʌ",
}


@given(st.text(max_size=8))
def test_it_reads_any_text_as_sounds(text: str) -> None:
    found = sounds(text)
    assert all(0 <= sound.phone < len(SYMBOLS) and sound.stress in (0, 1, 2) for sound in found)
    assert not found or sum(sound.share for sound in found) == pytest.approx(1.0)
    assert viseme(text) in VISEMES


@pytest.mark.parametrize(("language", "inventory"), FOREIGN.items())
def test_it_gives_every_foreign_sound_a_shape(language: str, inventory: str) -> None:
    for ipa in inventory.split():
        found = sounds(ipa)
        if ipa in ("ʔ", "ᵝ", "↓", "→"):
            assert viseme(ipa) == "sil"
        else:
            assert any(DOMINANCE[sound.phone].any() for sound in found), ipa


@pytest.mark.parametrize(
    ("ipa", "expected"),
    [("m", "PP"), ("ɓ", "PP"), ("v", "FF"), ("θ", "TH"), ("tʃ", "CH"), ("t͡s", "SS"), ("ŋ", "kk"), ("ɲ", "nn"), ("ʁ", "RR"),
     ("ˈaɪ", "aa"), ("eɪ", "E"), ("iː", "ih"), ("ɔ̃", "oh"), ("y", "ou"), ("h", "sil"), ("", "sil"), ("ˈ", "sil")],
)  # fmt: skip
def test_it_names_the_oculus_viseme(ipa: str, expected: str) -> None:
    assert viseme(ipa) == expected


def test_it_splits_diphthongs_and_keeps_affricates_whole() -> None:
    nucleus, glide = sounds("ˈaɪ")
    assert (SYMBOLS[nucleus.phone], nucleus.share, nucleus.stress) == ("a", 0.6, 2)
    assert (SYMBOLS[glide.phone], glide.share, glide.stress) == ("ɪ", 0.4, 0)
    assert [SYMBOLS[sound.phone] for sound in sounds("t͡ʃ")] == ["ʧ"]
    assert sounds("O") == sounds("oʊ")


def test_it_keeps_lips_that_must_meet_apart_from_vowels() -> None:
    assert {SYMBOLS[i] for i in np.flatnonzero(IS_CLOSED)} == {"p", "b", "m"}
    assert {SYMBOLS[i] for i in np.flatnonzero(IS_TEETH)} == {"f", "v"}
    assert not (IS_VOWEL & (IS_CLOSED | IS_TEETH)).any()
    assert ((TARGET >= 0) & (TARGET <= 1)).all() and (DOMINANCE >= 0).all()


def test_it_shows_each_viseme_with_weights_of_its_own() -> None:
    looks = [tuple(sorted(viseme_weights(name).items())) for name in VISEMES]
    assert len(VISEMES) == 15 and len(set(looks)) == 15
    assert viseme_weights("sil") == {}
    assert all(0 < value <= 1 for look in looks for _, value in look)
    assert viseme_weights("PP")["mouthClose"] > 0 and "mouthClose" not in viseme_weights("aa")
    assert viseme_weights("aa")["jawOpen"] == max(dict(look).get("jawOpen", 0.0) for look in looks)


def test_it_refuses_an_unknown_viseme() -> None:
    with pytest.raises(KeyError):
        viseme_weights("QQ")
