"""How an avatar looks and moves: timed speech, emotion and gaze in, 52 ARKit weights and head pose out. No Django."""

from avatars.face.animator import Animator
from avatars.face.channels import ARKIT, CHANNELS
from avatars.face.codec import FaceCodecError, decode
from avatars.face.emotions import EMOTIONS
from avatars.face.encoder import FaceEncoder
from avatars.face.rig import DEFAULT_RIG, Rig
from avatars.face.track import FaceTrack
from avatars.face.visemes import VISEMES, viseme, viseme_weights

__all__ = [
    "ARKIT",
    "CHANNELS",
    "DEFAULT_RIG",
    "EMOTIONS",
    "VISEMES",
    "Animator",
    "FaceCodecError",
    "FaceEncoder",
    "FaceTrack",
    "Rig",
    "decode",
    "viseme",
    "viseme_weights",
]
