"""Files that renderers read by their path: on this machine as long as anybody draws from them, named by their content."""

from __future__ import annotations

import hashlib
import tempfile
import threading
from collections import Counter
from pathlib import Path


class LocalFiles:
    """The files of this process. The last visit that ends takes a file with it."""

    def __init__(self) -> None:
        self._visits: Counter[Path] = Counter()
        self._lock = threading.Lock()
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def take(self, data: bytes) -> Path:
        """The path of a file that holds `data`, until `leave` was called as often as this."""
        with self._lock:
            self._folder = self._folder or tempfile.TemporaryDirectory(prefix="visavis-faces-")
            path = Path(self._folder.name) / hashlib.sha256(data).hexdigest()
            if not path.exists():
                fresh = path.with_suffix(".new")
                fresh.write_bytes(data)
                fresh.replace(path)
            self._visits[path] += 1
            return path

    def leave(self, path: Path) -> bool:
        """One fewer draws from it; whether that was the last, and the file is gone."""
        with self._lock:
            self._visits[path] -= 1
            is_last = self._visits[path] <= 0
            if is_last:
                del self._visits[path]
                path.unlink(missing_ok=True)
            return is_last


FILES = LocalFiles()


class Visit:
    """The files that one face needs."""

    def __init__(self, files: LocalFiles = FILES) -> None:
        self._files = files
        self._taken: list[Path] = []

    def path(self, data: bytes) -> Path:
        """Where `data` lies until this visit is closed."""
        self._taken.append(self._files.take(data))
        return self._taken[-1]

    def close(self) -> list[Path]:
        """Let them go; those that nobody else draws from. Again is no error, and there are none."""
        gone = []
        while self._taken:
            path = self._taken.pop()
            if self._files.leave(path):
                gone.append(path)
        return gone
