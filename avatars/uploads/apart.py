"""Backgrounds and logos are decoded in a process of their own: what a stranger's file does to a decoder, to memory or to the
processor stays there, and whoever serves others goes on. It knows no settings and no secrets, and is gone afterwards."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from avatars.blocks.errors import Busy
from avatars.uploads.picture import Picture, announced, refusal

WALL_SECONDS = 60.0  # where the processor is full
_ROOT = Path(__file__).resolve().parents[2]


def rewritten_apart(content: bytes) -> Picture:
    """As picture.rewritten. Raises Invalid as well where decoding takes more than it may, and Busy where nobody answers."""
    announced(content)
    command = [sys.executable, "-m", "avatars.uploads.rewriting"]
    try:
        done = subprocess.run(command, input=content, capture_output=True, timeout=WALL_SECONDS, cwd=_ROOT, env={}, check=False)
    except subprocess.TimeoutExpired as error:
        raise Busy from error
    if done.returncode:  # it was killed, or ran out of memory where nothing could be caught
        raise refusal("unreadable")
    return _read(done.stdout)


def _read(answer: bytes) -> Picture:
    head, _, content = answer.partition(b"\n")
    facts = json.loads(head)
    if "refused" in facts:
        raise refusal(facts["refused"])
    return Picture(content=content, **facts)
