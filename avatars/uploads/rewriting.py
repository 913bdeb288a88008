"""`python -m avatars.uploads.rewriting`: a picture on the standard input, a line of JSON and the picture anew on the standard
output, within bounds of time and memory that it sets itself (apart.py)."""

from __future__ import annotations

import json
import os
import resource
import sys

from accounts.errors import Invalid
from avatars.uploads.picture import rewritten

CPU_SECONDS = 15  # thrice what the dearest picture takes that is allowed (docs/building-blocks.md)
MEMORY_BYTES = 1 << 30
NICENESS = 10  # of 19: live sessions come first


def main() -> None:
    """Once; a refusal is an answer, too."""
    limit()
    sys.stdout.buffer.write(_answer(sys.stdin.buffer.read()))


def limit() -> None:
    """From now on this process takes no more than it may, and less than its turn."""
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _answer(content: bytes) -> bytes:
    try:
        picture = rewritten(content)
    except Invalid as error:
        return json.dumps({"refused": error.code}).encode() + b"\n"
    facts = {"media_type": picture.media_type, "width": picture.width, "height": picture.height}
    return json.dumps(facts).encode() + b"\n" + picture.content


if __name__ == "__main__":
    main()
