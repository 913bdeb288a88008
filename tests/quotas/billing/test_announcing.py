"""The mail of an invoice is asked for until it was sent, whatever fails on the way."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

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
