"""What lets a caller ask for something else than JSON by Accept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import BaseRenderer, JSONRenderer


class NamedRenderer(BaseRenderer):
    """Only names a media type. Views answer with the bytes themselves; problems are JSON in any case."""

    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None) -> Any:
        return JSONRenderer().render(data, "application/json", renderer_context)


def naming(media_type: str, form: str) -> type[NamedRenderer]:
    """The renderer for callers that accept `media_type`; views find `form` in `request.accepted_renderer.format`."""
    return type(f"{form.title()}Renderer", (NamedRenderer,), {"media_type": media_type, "format": form})
