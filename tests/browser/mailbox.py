"""The mails that the house has sent: it keeps each one as a file."""

from __future__ import annotations

import email
import re
import time
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

WAIT_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Mailbox:
    """The folder of mails."""

    folder: Path

    def find(self, pattern: str, *, to: str) -> str:
        """What the pattern's group matches in the newest mail to an address, waiting for one that has it."""
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            for body in self._bodies(to):
                if found := re.search(pattern, body, re.MULTILINE):
                    return found[1]
            time.sleep(0.1)
        raise AssertionError(f"No mail to {to} has {pattern!r}: {self._bodies(to)}")

    def _bodies(self, to: str) -> list[str]:
        """Newest first."""
        files = sorted(self.folder.glob("*.log"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        mails = [email.message_from_bytes(path.read_bytes(), EmailMessage, policy=default) for path in files]
        return [mail.get_content() for mail in mails if mail["To"] == to]
