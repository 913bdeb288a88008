"""What lets a caller ask for sound by Accept. Views answer with it themselves; problems are JSON in any case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import BaseRenderer, JSONRenderer


class BinaryRenderer(BaseRenderer):
    """Only names a media type."""

    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None) -> Any:
        return JSONRenderer().render(data, "application/json", renderer_context)


class WavRenderer(BinaryRenderer):
    media_type = "audio/wav"
    format = "wav"


class PcmRenderer(BinaryRenderer):
    media_type = "audio/pcm"
    format = "pcm16"


class FaceRenderer(BinaryRenderer):
    media_type = "application/octet-stream"
    format = "stream"
