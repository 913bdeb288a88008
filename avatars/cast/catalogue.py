"""The list of the cast that viewers and the console read: static/cast/cast.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from avatars.cast.build import Head
from avatars.cast.lips import gap_model

FOLDER = Path(__file__).parents[2] / "static" / "cast"
LICENCE = "CC0-1.0"


def entry(head: Head, size: int) -> dict[str, Any]:
    """One head's row; `gap` is mm of lip opening per unit weight."""
    person = head.person
    skin = next(part for part in head.parts if part.name == "skin")
    return {
        "slug": person.slug,
        "name": person.name,
        "description": person.description,
        "voice_gender": person.voice_gender,
        "file": f"{person.slug}.glb",
        "portrait": f"{person.slug}.webp",
        "bytes": size,
        "licence": LICENCE,
        "gap": gap_model(skin),
    }


def write(rows: list[dict[str, Any]], order: list[str], folder: Path = FOLDER) -> None:
    """Replace the given rows of cast.json and keep the others, in the order of the cast."""
    file = folder / "cast.json"
    known = {row["slug"]: row for row in json.loads(file.read_text())["heads"]} if file.exists() else {}
    known |= {row["slug"]: row for row in rows}
    heads = [known[slug] for slug in order if slug in known]
    file.write_text(json.dumps({"heads": heads}, indent=2, ensure_ascii=False) + "\n")
