"""Poses for the contact sheets: the 15 Oculus visemes and the 8 emotions as mixes of ARKit channels.

Names without a side mean both sides. The emotions follow the animator's table at intensity 1.
"""

from __future__ import annotations

from avatars.cast.studio.camera import Shot

Mix = dict[str, float]

VISEMES: dict[str, Mix] = {
    "sil": {},
    "PP": {"jawOpen": 0.07, "mouthClose": 0.08, "mouthPress": 0.20, "mouthRollLower": 0.12, "mouthRollUpper": 0.10},
    "FF": {"jawOpen": 0.09, "mouthRollLower": 0.62, "mouthUpperUp": 0.28, "mouthStretch": 0.06},
    "TH": {"jawOpen": 0.14, "mouthLowerDown": 0.26, "mouthUpperUp": 0.13, "tongueOut": 0.34},
    "DD": {"jawOpen": 0.10, "mouthLowerDown": 0.20, "mouthUpperUp": 0.10, "tongueOut": 0.14},
    "kk": {"jawOpen": 0.15, "mouthLowerDown": 0.14, "mouthUpperUp": 0.10},
    "CH": {"jawOpen": 0.06, "mouthPucker": 0.30, "mouthFunnel": 0.50, "mouthLowerDown": 0.10},
    "SS": {"jawOpen": 0.05, "mouthStretch": 0.14, "mouthSmile": 0.08, "mouthLowerDown": 0.38, "mouthUpperUp": 0.18},
    "nn": {"jawOpen": 0.11, "mouthLowerDown": 0.18, "mouthUpperUp": 0.08, "tongueOut": 0.17},
    "RR": {"jawOpen": 0.12, "mouthPucker": 0.38, "mouthFunnel": 0.30},
    "aa": {"jawOpen": 0.43, "mouthLowerDown": 0.19, "mouthUpperUp": 0.16},
    "E": {"jawOpen": 0.26, "mouthStretch": 0.15, "mouthSmile": 0.09, "mouthLowerDown": 0.22, "mouthUpperUp": 0.18},
    "ih": {"jawOpen": 0.15, "mouthStretch": 0.20, "mouthSmile": 0.12, "mouthLowerDown": 0.23, "mouthUpperUp": 0.15},
    "oh": {"jawOpen": 0.25, "mouthPucker": 0.50, "mouthFunnel": 0.31},
    "ou": {"jawOpen": 0.10, "mouthPucker": 0.92, "mouthFunnel": 0.18},
}

EMOTIONS: dict[str, Mix] = {
    "neutral": {},
    "happy": {
        "mouthSmile": 0.72, "cheekSquint": 0.55, "eyeSquint": 0.26, "mouthDimple": 0.15,
        "mouthUpperUp": 0.06, "browOuterUp": 0.14, "browInnerUp": 0.08,
    },
    "sad": {"mouthFrown": 0.72, "browInnerUp": 0.95, "mouthShrugLower": 0.22, "eyeSquint": 0.14, "eyeBlink": 0.14},
    "angry": {
        "browDown": 0.95, "noseSneer": 0.45, "eyeSquint": 0.40, "mouthFrown": 0.26,
        "mouthPress": 0.20, "jawForward": 0.10,
    },
    "surprised": {"browInnerUp": 0.92, "browOuterUp": 0.88, "eyeWide": 0.75, "jawOpen": 0.07},
    "serious": {"browDown": 0.38, "eyeSquint": 0.16, "mouthPress": 0.10},
    "excited": {
        "mouthSmile": 0.60, "cheekSquint": 0.36, "browInnerUp": 0.34, "browOuterUp": 0.50,
        "eyeWide": 0.32, "mouthUpperUp": 0.06,
    },
    "soothing": {
        "mouthSmile": 0.34, "browInnerUp": 0.40, "eyeSquint": 0.10, "cheekSquint": 0.20, "eyeBlink": 0.06,
    },
}  # fmt: skip

TWO_SIDED = (
    "browDown", "browOuterUp", "cheekSquint", "eyeBlink", "eyeSquint", "eyeWide", "mouthDimple", "mouthFrown",
    "mouthLowerDown", "mouthPress", "mouthSmile", "mouthStretch", "mouthUpperUp", "noseSneer",
)  # fmt: skip


def both_sides(mix: Mix) -> Mix:
    """The mix with full ARKit names."""
    out: Mix = {}
    for name, weight in mix.items():
        sides = ("Left", "Right") if name in TWO_SIDED else ("",)
        out |= {name + side: weight for side in sides}
    return out


def shots(poses: dict[str, Mix]) -> list[Shot]:
    """One frontal shot for each pose."""
    return [Shot(label=name, weights=both_sides(mix)) for name, mix in poses.items()]


def turned() -> list[Shot]:
    """The head turned, nodded and tilted on still shoulders, and a blink."""
    return [
        Shot(label="yaw +25", weights={}, yaw=25),
        Shot(label="yaw -25", weights={}, yaw=-25),
        Shot(label="pitch +14", weights={}, pitch=14),
        Shot(label="pitch -14", weights={}, pitch=-14),
        Shot(label="roll +12", weights={}, roll=12),
        Shot(label="blink", weights=both_sides({"eyeBlink": 1.0})),
    ]
