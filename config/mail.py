"""The demo's post office: every mail is kept as a file and shown in the terminal."""

from collections.abc import Sequence
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.console import EmailBackend as Console
from django.core.mail.backends.filebased import EmailBackend as Folder


class DemoBackend(Folder):
    """Writes to EMAIL_FILE_PATH and prints."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._console = Console(fail_silently=self.fail_silently)

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        self._console.send_messages(messages)
        return super().send_messages(messages) or 0
