"""How an avatar hears what its lips have to do: sound in, visemes and face motion out. Knows no Django, needs no torch."""

from avatars.audio.track import track_of
from avatars.audio.visemes import TimedViseme, VisemeStream, visemes_of

__all__ = ["TimedViseme", "VisemeStream", "track_of", "visemes_of"]
