"""The five people of the stock cast: what each looks like, in numbers the builder understands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Colour = tuple[float, float, float]  # sRGB, 0-1
Mix = dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Complexion:
    """Skin colour and what is painted on it. Amounts are 0-1 unless a value above 1 exaggerates."""

    colour: Colour
    blush: float = 0.7
    freckles: float = 0.0
    wrinkles: float = 0.0
    eye_bags: float = 0.4
    stubble: float = 0.0
    pores: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Brows:
    """Eyebrows; lengths in head units (eye line 0, crown 1)."""

    colour: Colour
    height: float = 0.195
    thickness: float = 0.058
    density: float = 1.0
    opacity: float = 0.85
    arch: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Eyes:
    """Iris colours (outer, and the ring round the pupil) and make-up."""

    iris: Colour
    inner_iris: Colour = (0.20, 0.13, 0.04)
    liner: float = 0.5
    lash_length: float = 1.0
    lashes: int = 42
    lash_span: tuple[float, float] = (0.05, 0.97)  # of the lid, from its inner to its outer corner


@dataclass(frozen=True, slots=True, kw_only=True)
class Lips:
    """Lip colour and how strongly it covers the skin."""

    colour: Colour
    opacity: float = 0.72


@dataclass(frozen=True, slots=True, kw_only=True)
class Hair:
    """Hair of the head and beard. Lengths in head units; `part` is the side of the parting (-1 to 1)."""

    style: Literal["long", "short", "afro", "bald"]
    colour: Colour
    tip: Colour
    hairline: Literal["soft", "square", "none"] = "soft"
    part: float = 0.2
    ends: float = -1.9  # height at which long hair ends
    wave: float = 0.05
    wave_count: float = 15.0
    curl_in: float = 0.0
    flare: float = 0.04
    front_azimuth: float = 62.0  # degrees from the face's middle to where long hair begins to fall
    grey: float = 0.0  # share of grey locks
    locks: int = 800
    roughness: float = 0.58
    specular: float = 0.30
    beard_hairs: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outfit:
    """A knitted top: `neckline` heights (front, side, back) in head units."""

    colour: Colour
    trim: Colour
    collar: Literal["crew", "shirt"] = "crew"
    neckline: tuple[float, float, float] = (-1.60, -1.40, -1.24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Everything the builder needs to know of one member of the cast."""

    slug: str
    name: str
    description: str
    voice_gender: Literal["female", "male"]
    shape: Mix
    complexion: Complexion
    brows: Brows
    eyes: Eyes
    lips: Lips
    hair: Hair
    outfit: Outfit
    seed: int = 7
    rest: Mix = field(default_factory=dict)


# A faint smile, open eyes and relaxed brows. "Left" and "Right" are added where a face unit has two sides.
REST: Mix = {
    "mouthSmile": 0.46,
    "mouthDimple": 0.10,
    "eyeSquint": 0.06,
    "eyeWide": 0.22,
    "browInnerUp": 0.18,
    "browDown": -0.22,
    "cheekSquint": 0.10,
}


def _macro(origin: str, sex: str, young: float = 1.0) -> Mix:
    body = f"macrodetails/universal-{sex}-{{}}-averagemuscle-averageweight"
    mix = {f"macrodetails/{origin}-{sex}-young": young, body.format("young"): young}
    if young < 1:
        mix |= {f"macrodetails/{origin}-{sex}-old": 1 - young, body.format("old"): 1 - young}
    return mix


ADA = Person(
    slug="ada",
    name="Ada",
    description="Warm and curious, in her late twenties, with long auburn hair",
    voice_gender="female",
    shape=_macro("caucasian", "female")
    | {
        "eyes/l-eye-scale-incr": 0.56,
        "head/head-oval": 0.5,
        "head/head-scale-horiz-decr": 0.22,
        "chin/chin-width-decr": 0.25,
        "mouth/mouth-upperlip-volume-incr": 0.3,
        "mouth/mouth-lowerlip-volume-incr": 0.2,
        "nose/nose-scale-horiz-decr": 0.3,
        "nose/nose-point-up": 0.15,
        "cheek/l-cheek-bones-incr": 0.25,
    },
    complexion=Complexion(colour=(0.905, 0.735, 0.65), freckles=0.7),
    brows=Brows(colour=(0.33, 0.19, 0.115)),
    eyes=Eyes(iris=(0.20, 0.30, 0.21), liner=0.55, lash_length=1.0),
    lips=Lips(colour=(0.77, 0.42, 0.41)),
    hair=Hair(style="long", colour=(0.43, 0.225, 0.125), tip=(0.56, 0.33, 0.20), part=0.26, ends=-1.95, wave=0.12),
    outfit=Outfit(colour=(0.20, 0.36, 0.43), trim=(0.18, 0.33, 0.40)),
)

KENJI = Person(
    slug="kenji",
    name="Kenji",
    description="Calm and attentive, about thirty, with short black hair",
    voice_gender="male",
    shape=_macro("asian", "male")
    | {
        "eyes/l-eye-scale-incr": 0.45,
        "eyes/l-eye-height2-incr": 0.35,
        "head/head-scale-horiz-decr": 0.18,
        "head/head-oval": 0.2,
        "chin/chin-width-decr": 0.3,
        "chin/chin-height-incr": 0.1,
        "nose/nose-scale-horiz-decr": 0.15,
    },
    complexion=Complexion(colour=(0.86, 0.69, 0.575), blush=0.55, stubble=0.05, pores=1.1),
    brows=Brows(colour=(0.09, 0.075, 0.07), thickness=0.064),
    eyes=Eyes(iris=(0.22, 0.125, 0.07), liner=0.35, lash_length=0.5, lashes=28, lash_span=(0.14, 0.84)),
    lips=Lips(colour=(0.71, 0.46, 0.43), opacity=0.55),
    hair=Hair(style="short", colour=(0.085, 0.07, 0.065), tip=(0.19, 0.155, 0.135), hairline="square"),
    outfit=Outfit(colour=(0.63, 0.67, 0.67), trim=(0.55, 0.59, 0.60)),
)

AMARA = Person(
    slug="amara",
    name="Amara",
    description="Bright and confident, about thirty, with natural curls",
    voice_gender="female",
    shape=_macro("african", "female")
    | {
        "eyes/l-eye-scale-incr": 0.42,
        "head/head-oval": 0.4,
        "head/head-scale-horiz-decr": 0.12,
        "chin/chin-width-decr": 0.15,
        "cheek/l-cheek-bones-incr": 0.3,
    },
    complexion=Complexion(colour=(0.515, 0.36, 0.285), blush=0.7),
    brows=Brows(colour=(0.055, 0.04, 0.035), thickness=0.060),
    eyes=Eyes(iris=(0.22, 0.115, 0.055), liner=0.55, lash_length=1.0),
    lips=Lips(colour=(0.56, 0.265, 0.255), opacity=0.66),
    hair=Hair(style="afro", colour=(0.115, 0.082, 0.068), tip=(0.26, 0.175, 0.13), locks=1900, roughness=0.85, specular=0.18),
    outfit=Outfit(colour=(0.88, 0.63, 0.25), trim=(0.82, 0.57, 0.21)),
    seed=11,
)

RUTH = Person(
    slug="ruth",
    name="Ruth",
    description="Kind and experienced, in her fifties, with a silver bob",
    voice_gender="female",
    shape=_macro("caucasian", "female", young=0.42)
    | {
        "eyes/l-eye-scale-incr": 0.44,
        "mouth/mouth-upperlip-volume-incr": 0.3,
        "mouth/mouth-lowerlip-volume-incr": 0.15,
        "head/head-oval": 0.25,
        "head/head-scale-horiz-decr": 0.15,
        "head/head-age-incr": 0.45,
    },
    complexion=Complexion(colour=(0.895, 0.735, 0.66), blush=0.55, wrinkles=0.85, eye_bags=0.8),
    brows=Brows(colour=(0.45, 0.40, 0.36), thickness=0.054, opacity=0.7),
    eyes=Eyes(iris=(0.22, 0.32, 0.42), inner_iris=(0.16, 0.14, 0.08), liner=0.45, lash_length=0.8),
    lips=Lips(colour=(0.75, 0.45, 0.45)),
    hair=Hair(
        style="long",
        colour=(0.64, 0.625, 0.61),
        tip=(0.83, 0.82, 0.805),
        part=-0.24,
        ends=-0.98,
        wave=0.016,
        wave_count=6,
        curl_in=0.20,
        flare=0.10,
        front_azimuth=60,
        grey=0.4,
    ),
    outfit=Outfit(colour=(0.55, 0.38, 0.44), trim=(0.50, 0.34, 0.40)),
    seed=5,
)

OMAR = Person(
    slug="omar",
    name="Omar",
    description="Steady and good-humoured, in his late thirties, with a full beard",
    voice_gender="male",
    shape={
        "macrodetails/caucasian-male-young": 0.65,
        "macrodetails/african-male-young": 0.2,
        "macrodetails/asian-male-young": 0.15,
        "macrodetails/universal-male-young-averagemuscle-averageweight": 1,
        "eyes/l-eye-scale-incr": 0.32,
        "head/head-oval": 0.2,
        "nose/nose-hump-incr": 0.15,
    },
    complexion=Complexion(colour=(0.755, 0.565, 0.455), blush=0.6, stubble=0.92, pores=1.2, wrinkles=0.2),
    brows=Brows(colour=(0.075, 0.055, 0.045), thickness=0.075, density=1.2),
    eyes=Eyes(iris=(0.30, 0.175, 0.085), liner=0.4, lash_length=0.7),
    lips=Lips(colour=(0.69, 0.43, 0.40), opacity=0.6),
    hair=Hair(style="bald", colour=(0.11, 0.078, 0.062), tip=(0.23, 0.16, 0.12), hairline="none", beard_hairs=1050),
    outfit=Outfit(colour=(0.17, 0.24, 0.38), trim=(0.15, 0.21, 0.33)),
    seed=9,
)

CAST: dict[str, Person] = {person.slug: person for person in (ADA, KENJI, AMARA, RUTH, OMAR)}
