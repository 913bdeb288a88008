"""python -m avatars.cast [names]: build heads into static/cast and list them in cast.json."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from avatars.cast import catalogue
from avatars.cast.build import build_head
from avatars.cast.gltf import head_to_glb
from avatars.cast.people import CAST

LIMIT = 1_200_000  # bytes a head may take


def main(arguments: list[str]) -> int:
    """Build the named heads, or all of them. Returns 1 when one is too large."""
    parser = argparse.ArgumentParser(prog="python -m avatars.cast", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(CAST)}; all by default")
    parser.add_argument("--folder", type=Path, default=catalogue.FOLDER)
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(CAST):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    rows = []
    for name in options.names or CAST:
        head = build_head(CAST[name])
        data = head_to_glb(head)
        (options.folder / f"{name}.glb").write_bytes(data)
        rows.append(catalogue.entry(head, len(data)))
        print(f"{name}: {len(data):,} bytes, {sum(len(part.faces) for part in head.parts):,} triangles", flush=True)
    catalogue.write(rows, list(CAST), options.folder)
    return int(any(row["bytes"] > LIMIT for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
