"""Attempts at a real server: what succeeds ends, what fails comes back by the schedule, what is hopeless stops."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core import mail
from django.test import override_settings
from django.utils import timezone

from accounts.models import AuditEntry, Role, Workspace
from accounts.tenancy import workspace_scope
from accounts.webhooks.delivery import AT_ONCE, LEASE, Wake, attempt, claim, settle
from accounts.webhooks.health import EXHAUSTED_IN_ROW, FAILING_FOR
from accounts.webhooks.models import DeliveryState, DisabledReason, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from accounts.webhooks.schedule import JITTER, MAX_TRIES, WAITS
from accounts.webhooks.wire import Answer
from tests.accounts.webhooks.factories import LOCAL, Receiver, Reply, delivery, endpoint
from tests.people import Join

pytestmark = pytest.mark.django_db


class Longest:
    """Chance that always draws the upper end."""

    def uniform(self, a: float, b: float, /) -> float:
        return b


def try_once(row: WebhookDelivery, chance: Any = random) -> list[Wake]:
    """An attempt as a worker makes it; the row is read again."""
    wakes = attempt(workspace_id=row.workspace_id, delivery_id=row.pk, wire=LOCAL, chance=chance)
    row.refresh_from_db()
    return wakes


def make_due(row: WebhookDelivery, **fields: Any) -> None:
    WebhookDelivery.objects.filter(pk=row.pk).update(due_at=timezone.now(), **fields)
    row.refresh_from_db()


def log() -> list[tuple[int, int | None, str]]:
    return list(WebhookAttempt.objects.order_by("number").values_list("number", "status", "error"))


def test_it_delivers_a_signed_event_once(receiver: Receiver, in_workspace: UUID) -> None:
    row = delivery(endpoint(receiver.url), "session.live")
    try_once(row)
    try_once(row)
    assert (row.state, row.attempts, row.last_status, row.lease) == (DeliveryState.DELIVERED, 1, 200, None)
    assert len(receiver.got) == 1
    payload = receiver.got[0].verified()
    assert (payload["type"], payload["data"]) == ("session.live", {"session_id": "s1"})
    assert set(payload) == {"type", "timestamp", "data"}
    assert receiver.got[0].headers["webhook-id"] == row.message.public_id
    assert receiver.got[0].headers["Content-Type"] == "application/json"
    kept = WebhookAttempt.objects.get()
    assert (kept.number, kept.status, kept.response, kept.error) == (1, 200, "thanks", "")


def test_it_comes_back_by_the_schedule_until_it_gives_up(receiver: Receiver, in_workspace: UUID) -> None:
    receiver.replies = [Reply(500, b"broken")]
    row = delivery(endpoint(receiver.url))
    for wait in WAITS:
        wakes = try_once(row, Longest())
        assert row.state == DeliveryState.PENDING
        assert abs(row.due_at - timezone.now() - wait * (1 + JITTER)) < timedelta(seconds=2)
        assert wakes == ([Wake(delivery_id=row.pk, delay_ms=6000)] if wait == WAITS[0] else [])
        assert (row.woken_at is None) == (wait != WAITS[0])
        before = len(receiver.got)
        try_once(row)
        assert len(receiver.got) == before, "too early"
        make_due(row)
    try_once(row)
    assert (row.state, row.attempts, row.tries) == (DeliveryState.FAILED, MAX_TRIES, MAX_TRIES)
    assert log() == [(number, 500, "") for number in range(1, MAX_TRIES + 1)]
    assert len({got.headers["webhook-id"] for got in receiver.got}) == 1
    assert len({got.body for got in receiver.got}) == 1


@pytest.mark.parametrize(("wish", "seconds"), [("90", 90), ("999999999", 24 * 3600), ("tomorrow", 6), ("-5", 6), ("0", 6)])
def test_it_honours_retry_after_up_to_a_day(receiver: Receiver, in_workspace: UUID, wish: str, seconds: int) -> None:
    receiver.replies = [Reply(429, headers={"Retry-After": wish})]
    row = delivery(endpoint(receiver.url))
    try_once(row, Longest())
    assert abs((row.due_at - timezone.now()).total_seconds() - seconds) < 2


def test_it_stops_at_410_and_tells_the_owners(receiver: Receiver, in_workspace: UUID, workspace: Workspace) -> None:
    receiver.replies = [Reply(410, b"")]
    to = endpoint(receiver.url)
    row, other = delivery(to), delivery(to)
    try_once(row)
    to.refresh_from_db()
    other.refresh_from_db()
    assert (to.enabled, to.disabled_reason) == (False, DisabledReason.GONE)
    assert (row.state, other.state) == (DeliveryState.FAILED, DeliveryState.CANCELLED)
    assert AuditEntry.objects.filter(action="webhook.disabled").count() == 1
    try_once(other)
    assert len(receiver.got) == 1


def test_owners_read_which_webhook_is_off_and_why(
    receiver: Receiver, workspace: Workspace, join: Join, django_capture_on_commit_callbacks: Any
) -> None:
    join("Dora", Role.OWNER)
    join("Eve", Role.ADMIN)
    receiver.replies = [Reply(410, b"")]
    with django_capture_on_commit_callbacks(execute=True), workspace_scope(workspace.pk):
        try_once(delivery(endpoint(receiver.url)))
    assert sorted(one.to[0] for one in mail.outbox) == ["alice@example.com", "dora@example.com"]
    assert receiver.url in mail.outbox[0].body
    assert "410 Gone" in mail.outbox[0].body
    assert "Alice & Co" in mail.outbox[0].subject


@pytest.mark.parametrize(
    ("days", "exhausted", "is_off"),
    [(5.1, 0, True), (3, EXHAUSTED_IN_ROW - 1, True), (3, EXHAUSTED_IN_ROW - 2, False), (4.9, 0, False)],
)
def test_it_switches_off_what_fails_for_long(
    receiver: Receiver, in_workspace: UUID, days: float, exhausted: int, is_off: bool
) -> None:
    assert timedelta(days=5) == FAILING_FOR
    receiver.replies = [Reply(500)]
    to = endpoint(receiver.url, failing_since=timezone.now() - timedelta(days=days), exhausted=exhausted)
    row = delivery(to)
    make_due(row, tries=MAX_TRIES - 1)
    try_once(row)
    to.refresh_from_db()
    assert to.enabled is not is_off
    assert (to.disabled_reason == DisabledReason.FAILING) is is_off
    assert row.state == DeliveryState.FAILED


def test_a_success_forgives_what_failed(receiver: Receiver, in_workspace: UUID) -> None:
    to = endpoint(receiver.url, failing_since=timezone.now() - timedelta(days=9), exhausted=12)
    try_once(delivery(to))
    to.refresh_from_db()
    assert (to.failing_since, to.exhausted, to.enabled) == (None, 0, True)


def test_nobody_else_gets_a_delivery_while_it_is_leased(in_workspace: UUID) -> None:
    row, now = delivery(endpoint()), timezone.now()
    first = claim(row.pk, now)
    assert first is not None
    assert claim(row.pk, now) is None
    assert claim(row.pk, now + LEASE - timedelta(seconds=1)) is None
    second = claim(row.pk, now + LEASE)
    assert second is not None
    assert (first.number, second.number) == (1, 2)


def test_a_worker_that_comes_back_too_late_writes_nothing(in_workspace: UUID) -> None:
    row, now = delivery(endpoint()), timezone.now()
    late, other = claim(row.pk, now), claim(row.pk, now + LEASE)
    assert late is not None
    assert other is not None
    assert settle(late, Answer(status=500), now, chance=random) == []
    assert not WebhookAttempt.objects.exists()
    settle(other, Answer(status=200), now, chance=random)
    row.refresh_from_db()
    assert row.state == DeliveryState.DELIVERED
    assert log() == [(2, 200, "")]


def test_it_writes_nothing_about_an_endpoint_that_was_deleted_meanwhile(in_workspace: UUID) -> None:
    row = delivery(endpoint())
    parcel = claim(row.pk, timezone.now())
    assert parcel is not None
    WebhookEndpoint.objects.all().delete()
    assert settle(parcel, Answer(status=200), timezone.now(), chance=random) == []
    assert not WebhookAttempt.objects.exists()


def test_a_slow_server_gets_few_requests_at_once_and_the_rest_in_turn(in_workspace: UUID) -> None:
    to, other, now = endpoint(), endpoint(), timezone.now()
    rows = [delivery(to) for _ in range(AT_ONCE + 2)]
    parcels = [claim(row.pk, now) for row in rows]
    assert [parcel is not None for parcel in parcels] == [True] * AT_ONCE + [False] * 2
    assert claim(delivery(other).pk, now) is not None, "other endpoints are not held up"
    first = parcels[0]
    assert first is not None
    later = timezone.now()
    wakes = settle(first, Answer(status=200), later, chance=random)
    assert wakes == [Wake(delivery_id=rows[AT_ONCE].pk)]
    assert claim(rows[AT_ONCE].pk, later) is not None
    rows[-1].refresh_from_db()
    assert (rows[-1].tries, rows[-1].woken_at) == (0, None), "it waits without losing a try"


def test_it_follows_no_redirect_and_takes_it_for_a_failure(receiver: Receiver, in_workspace: UUID) -> None:
    receiver.replies = [Reply(307, headers={"Location": receiver.url})]
    row = delivery(endpoint(receiver.url))
    try_once(row)
    assert (row.state, row.last_status, len(receiver.got)) == (DeliveryState.PENDING, 307, 1)


def test_it_says_when_its_secret_cannot_be_read(receiver: Receiver, in_workspace: UUID) -> None:
    with override_settings(SECRET_KEY="a key that is gone"):
        row = delivery(endpoint(receiver.url))
    try_once(row)
    assert (row.state, log(), receiver.got) == (DeliveryState.PENDING, [(1, None, "secret")], [])


def test_strangers_cannot_have_a_delivery_made(receiver: Receiver, workspace: Workspace, charlies_workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        row = delivery(endpoint(receiver.url))
    assert attempt(workspace_id=charlies_workspace.pk, delivery_id=row.pk, wire=LOCAL) == []
    assert receiver.got == []
