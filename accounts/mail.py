"""Plain text mail from a pair of templates, sent once the work that it tells of has been saved."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.cache import cache
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from dramatiq.errors import Retry

SENDING_SECONDS = 120  # a mail takes less; who died while sending keeps others waiting no longer
_AGAIN_MS = 5_000


def send_mail_on_commit(template: str, *, to: str, **context: Any) -> None:
    """Send `template`_subject.txt and `template`_message.txt to `to` after the current transaction.

    A mail server that is away is logged; it can't undo what has been saved.
    """
    message = compose(template, to=to, **context)
    transaction.on_commit(message.send, robust=True)


def compose(template: str, *, to: str, **context: Any) -> EmailMessage:
    """The message itself. Context reaches plain text, so nothing is escaped as HTML."""
    subject = " ".join(render_to_string(f"{template}_subject.txt", context).split())
    return EmailMessage(subject=subject, body=render_to_string(f"{template}_message.txt", context).strip() + "\n", to=[to])


@contextmanager
def one_at_a_time(subject: str) -> Iterator[None]:
    """For actors that send a mail unless it is noted as sent: where a queue has waited for its worker, the same message is in
    it several times. Raises Retry while another one is sending about `subject`; look for its note inside."""
    key = f"mail:{subject}"
    if not cache.add(key, True, SENDING_SECONDS):
        raise Retry("Another worker is sending it.", delay=_AGAIN_MS)
    try:
        yield
    finally:
        cache.delete(key)
