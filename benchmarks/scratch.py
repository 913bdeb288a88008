"""A migrated database that keeps its promises (fsync on) with nothing else running: for what asks Postgres alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.embedded.stack import Stack


@contextmanager
def scratch_database() -> Iterator[str]:
    """Django is set up on it meanwhile; yields the URL of the role that owns the tables."""
    root = Path(tempfile.mkdtemp(prefix="visavis-bench-"))
    os.environ.update(LOG_LEVEL="ERROR")
    stack = Stack(root, throwaway=False).up()
    try:
        subprocess.run([sys.executable, "-m", "config.migrate"], check=True)
        import django

        django.setup()
        yield os.environ["DATABASE_OWNER_URL"]
    finally:
        stack.down()
        shutil.rmtree(root, ignore_errors=True)
