"""The tables of the face: JSON that the browser's twin of this package bundles too."""

import json
from importlib.resources import files
from typing import Any


def table(name: str) -> Any:
    """The content of `data/{name}.json`."""
    return json.loads(files(__package__).joinpath(f"{name}.json").read_text(encoding="utf-8"))
