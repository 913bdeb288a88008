"""The mail of an invoice is asked for until it was sent, whatever fails on the way."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from dramatiq.errors import Retry
from pytest_django.fixtures import Settings

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas.billing.announcing import mail_forgotten
from quotas.billing.standing import void
from quotas.billing.tasks import mail_invoice
from tests.quotas.billing.bills import FIRST_END, close, invoices, offer, put_on


@pytest.mark.django_db(transaction=True)
def test_it_asks_again_for_mails_that_got_lost_until_they_are_sent(
    workspace: Workspace, charlies_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def away(_: str, invoice_id: str) -> None:
        asked.append(invoice_id)
        raise ConnectionError("The queue is away.")

    monkeypatch.setattr(mail_invoice, "send", away)
    for space in (workspace, charlies_workspace):
        put_on(space, offer())
    with time_machine.travel(FIRST_END, tick=False):
        assert close(FIRST_END) == 2
    ours, theirs = (str(invoices(space)[0].pk) for space in (workspace, charlies_workspace))
    assert set(asked) == {ours, theirs}  # the first that fails does not keep the second from it
    monkeypatch.setattr(mail_invoice, "send", lambda _, invoice_id: asked.append(invoice_id))
    with time_machine.travel(FIRST_END, tick=False):
        mail_invoice.fn(str(charlies_workspace.pk), theirs)
    asked.clear()
    assert [_forgotten(after) for after in (9, 10, 11, 69, 70)] == [0, 1, 0, 0, 1]
    assert asked == [ours, ours]
    mail_invoice.fn(str(workspace.pk), ours)
    assert _forgotten(300) == 0


class Waiting(EmailBackend):
    """A mail server that takes its time."""

    asked, go_on = threading.Event(), threading.Event()

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        self.asked.set()
        assert self.go_on.wait(10)
        return super().send_messages(messages)


@pytest.mark.django_db(transaction=True)
def test_it_sends_once_what_stands_in_the_queue_twice(
    workspace: Workspace, mailoutbox: list[EmailMessage], settings: Settings
) -> None:
    put_on(workspace, offer())
    close(FIRST_END)
    message = str(workspace.pk), str(invoices(workspace)[0].pk)
    settings.EMAIL_BACKEND = f"{__name__}.Waiting"
    with ThreadPoolExecutor(1) as worker:
        first = worker.submit(_mailed, *message)
        assert Waiting.asked.wait(10)
        with pytest.raises(Retry):
            mail_invoice.fn(*message)
        Waiting.go_on.set()
        first.result(10)
    mail_invoice.fn(*message)
    assert len(mailoutbox) == 1


def _mailed(*message: str) -> None:
    try:
        mail_invoice.fn(*message)
    finally:
        connection.close()


def _forgotten(minutes: int) -> int:
    at = FIRST_END + timedelta(minutes=minutes)
    with time_machine.travel(at, tick=False):
        return mail_forgotten(now=at)


@pytest.mark.django_db
def test_it_gives_up_on_mails_after_three_days_and_on_void_invoices(workspace: Workspace, charlies_workspace: Workspace) -> None:
    for space in (workspace, charlies_workspace):
        put_on(space, offer())
    close(FIRST_END)
    (invoice,) = invoices(workspace)
    with workspace_scope(workspace.pk):
        void(invoice_id=invoice.pk, at=FIRST_END)
    assert [_forgotten(60 * hours) for hours in (73, 2)] == [0, 1]
