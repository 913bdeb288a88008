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
    Speaker(name=name, gain_db=3.2)
    for name in (
        "af_bella", "af_heart", "af_nicole", "af_sarah", "af_sky", "am_fenrir", "am_michael", "am_onyx", "am_puck",
        "bf_emma", "bf_isabella", "bm_fable", "bm_george", "ef_dora", "em_alex", "ff_siwis", "if_sara", "im_nicola",
        "pf_dora", "pm_alex",
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
