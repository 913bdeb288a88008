"""Plain text mail from a pair of templates, sent once the work that it tells of has been saved."""

from __future__ import annotations

from typing import Any

from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string


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
