"""Where fetched voices lie, and which they are."""

import os
from dataclasses import dataclass
from pathlib import Path

MODEL = "kokoro-v1.0-int8.onnx"
MODEL_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
TABLE_BYTES = 510 * 256 * 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """A voice of Kokoro; the first letter of its name says the language, the second the gender."""

    name: str
    gain_db: float

    @property
    def language(self) -> str:
        """BCP 47."""
        return {"a": "en-US", "b": "en-GB", "e": "es", "f": "fr", "i": "it", "p": "pt-BR"}[self.name[0]]


SPEAKERS: tuple[Speaker, ...] = tuple(
    Speaker(name=name, gain_db=gain_db)
    for name, gain_db in (
        ("af_bella", 2.4), ("af_heart", 2.9), ("af_nicole", 1.9), ("af_sarah", 1.1), ("af_sky", 4.0),
        ("am_fenrir", -0.8), ("am_michael", 4.2), ("am_onyx", 2.7), ("am_puck", -1.3), ("bf_emma", 0.2),
        ("bf_isabella", -2.0), ("bm_fable", 2.1), ("bm_george", 1.8), ("ef_dora", 3.6), ("em_alex", 2.9),
        ("ff_siwis", -0.8), ("if_sara", -6.0), ("im_nicola", -1.0), ("pf_dora", 3.3), ("pm_alex", 2.7),
    )
)  # fmt: skip


def voices_folder() -> Path:
    """$VISAVIS_VOICES, or .visavis/voices in the working folder."""
    return Path(os.environ.get("VISAVIS_VOICES") or Path(".visavis") / "voices")


def table_path(speaker: str) -> Path:
    """The style table of a speaker: (510, 256) float32, one row for each length in phonemes."""
    return voices_folder() / f"{speaker}.bin"


def fetched(speaker: str) -> bool:
    """Whether the model and this speaker are there (the content of the model is checked when it is opened)."""
    table = table_path(speaker)
    return (voices_folder() / MODEL).is_file() and table.is_file() and table.stat().st_size == TABLE_BYTES
