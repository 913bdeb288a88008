"""What says of a video that software made it: metadata inside the file, and a manifest beside it.

The terms are those of IPTC (digitalSourceType) and of C2PA's actions; the manifest is bound to the file by its digest and
not signed (docs/videos.md).
"""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import UUID

from avatars.videos.wish import VideoWish

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
LABEL = "AI-generated"
_GENERATOR = "Visavis"


def metadata(wish: VideoWish) -> dict[str, str]:
    """Tags of the container. Whoever has the same wish gets the same file, so it names neither a title nor a video's id."""
    said = f"AI-generated: an avatar made by software speaks. digitalSourceType={SOURCE_TYPE} wish={wish.digest()}"
    return {"title": "Avatar video", "comment": said, "digitalSourceType": SOURCE_TYPE, "generator": _GENERATOR}


def manifest(wish: VideoWish, *, created_at: str, content: bytes, media_type: str) -> bytes:
    """The manifest as JSON: who made the file `content`, how, and that it was not filmed."""
    digest = hashlib.sha256(content)
    action = {
        "action": "c2pa.created",
        "when": created_at,
        "softwareAgent": {"name": _GENERATOR},
        "digitalSourceType": SOURCE_TYPE,
    }
    told: dict[str, Any] = {
        "claim_generator": _GENERATOR,
        "instance_id": UUID(bytes=digest.digest()[:16], version=5).urn,
        "format": media_type,
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": [action]}},
            {"label": "c2pa.hash.data", "data": {"alg": "sha256", "hash": digest.hexdigest()}},
            {"label": "visavis.disclosure", "data": {"visible": bool(wish.label), "text": wish.label}},
        ],
    }
    return json.dumps(told, indent=2, ensure_ascii=False).encode()
