"""A real voice's sentence with its labels, said once for all tests."""

from functools import cache

from avatars.audio.corpus import Utterance, utterance


@cache
def said(text: str = "Mama and papa bought a big map. Maybe Bob will help them.") -> Utterance:
    """By the voice that every installation has."""
    return utterance(text, "hibari-heart")
