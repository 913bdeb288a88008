"""Where the demo keeps its servers' data."""

from __future__ import annotations

import hashlib
from pathlib import Path

from config.embedded.identity import can_reach

REPOSITORY = Path(__file__).resolve().parent.parent.parent


def kept_root() -> Path:
    """`.visavis/` in the repository, or a folder under /var/tmp where root's `nobody` can't reach the repository."""
    if can_reach(REPOSITORY):
        return REPOSITORY / ".visavis" / "servers"
    return Path("/var/tmp") / f"visavis-{hashlib.sha256(str(REPOSITORY).encode()).hexdigest()[:10]}"
