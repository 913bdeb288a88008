"""Real workers and a real clock sweep: one delivery each, however many workers there are and whatever happens to them."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier
from urllib.parse import urlsplit

import psutil
import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Workspace
from accounts.queue import broker
from accounts.tenancy import workspace_scope
from accounts.webhooks.clock import sweep
from accounts.webhooks.delivery import AT_ONCE, attempt
from accounts.webhooks.models import DeliveryState, WebhookAttempt, WebhookDelivery
from accounts.webhooks.services import publish
from config.processes import batch
from tests.accounts.webhooks.factories import PATIENT, Receiver, Reply, delivery, endpoint

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _empty_queue() -> None:
    broker.flush("webhooks")  # messages of tests that had no worker


@contextmanager
def working() -> Iterator[psutil.Process]:
    """A batch worker over the test's own database."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    env = {**os.environ, "DATABASE_URL": url, "WEBHOOK_ALLOW_INSECURE": "on", "LOG_LEVEL": "ERROR"}
    process = subprocess.Popen(batch(), env=env, stderr=subprocess.DEVNULL)
    try:
        yield psutil.Process(process.pid)
    finally:
        for child in psutil.Process(process.pid).children(recursive=True):
            child.send_signal(signal.SIGKILL)
        process.kill()
        process.wait()


def eventually(is_so: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.05)


def state_of(workspace: Workspace) -> list[tuple[str, int]]:
    with workspace_scope(workspace.pk):
        return list(WebhookDelivery.objects.values_list("state", "attempts"))


def complaints_of(workspace: Workspace) -> list[tuple[str, str]]:
    with workspace_scope(workspace.pk):
        return list(WebhookAttempt.objects.exclude(error="").values_list("error", "detail"))


def test_what_is_published_arrives_and_what_fails_comes_back(receiver: Receiver, workspace: Workspace) -> None:
    receiver.replies = [Reply(503), Reply(200)]
    with working():
        with workspace_scope(workspace.pk):
            endpoint(receiver.url)
            publish("session.live", {"session_id": "s1"})
        eventually(lambda: len(receiver.got) == 1)
        eventually(lambda: len(receiver.got) == 2)
        eventually(lambda: state_of(workspace) == [(DeliveryState.DELIVERED, 2)])
    assert [got.verified()["type"] for got in receiver.got] == ["session.live"] * 2


def test_the_clock_makes_up_for_a_worker_that_was_killed(receiver: Receiver, workspace: Workspace) -> None:
    receiver.replies = [Reply(delay=30), Reply(200)]
    with workspace_scope(workspace.pk):
        row = delivery(endpoint(receiver.url))
    with working():
        eventually(lambda: len(receiver.got) == 1)
    assert state_of(workspace) == [(DeliveryState.PENDING, 1)]
    later = timezone.now() + timedelta(minutes=3)
    assert sweep(timezone.now()) == 0, "the dead worker's lease still runs"
    with workspace_scope(workspace.pk):  # time passes for the row
        past = timezone.now() - timedelta(seconds=1)
        WebhookDelivery.objects.filter(pk=row.pk).update(leased_until=past)
    assert sweep(later) == 1
    assert sweep(later) == 0, "woken once"
    with working():
        eventually(lambda: state_of(workspace) == [(DeliveryState.DELIVERED, 2)])
    assert len({got.headers["webhook-id"] for got in receiver.got}) == 1


def at_once(number: int, work: Callable[[], object]) -> None:
    """Call `work` in threads that start together, each with a connection of its own."""
    start = Barrier(number)

    def run(_: int) -> None:
        try:
            start.wait(timeout=30)
            work()
        finally:
            connection.close()

    with ThreadPoolExecutor(number) as pool:
        list(pool.map(run, range(number)))


def test_eight_workers_make_one_attempt(receiver: Receiver, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        row = delivery(endpoint(receiver.url))
    at_once(8, lambda: attempt(workspace_id=workspace.pk, delivery_id=row.pk, wire=PATIENT))
    assert len(receiver.got) == 1
    with workspace_scope(workspace.pk):
        assert WebhookAttempt.objects.count() == 1


def test_many_messages_reach_a_slow_server_few_at_a_time(receiver: Receiver, workspace: Workspace) -> None:
    receiver.replies = [Reply(delay=0.1)]
    with workspace_scope(workspace.pk):
        to = endpoint(receiver.url)
        waiting = [delivery(to).pk for _ in range(3 * AT_ONCE)]

    def work() -> None:
        queue = waiting
        while queue:
            try:
                current = queue.pop()
            except IndexError:
                return
            wakes = attempt(workspace_id=workspace.pk, delivery_id=current, wire=PATIENT)
            queue.extend(wake.delivery_id for wake in wakes)

    at_once(3 * AT_ONCE, work)
    for _ in range(3 * AT_ONCE):  # the clock finds who is left when all threads had gone
        work()
    assert complaints_of(workspace) == []
    assert receiver.most_at_once <= AT_ONCE
    assert state_of(workspace) == [(DeliveryState.DELIVERED, 1)] * 3 * AT_ONCE
    assert len(receiver.got) == 3 * AT_ONCE
