"""A threshold is told once a period, to those who asked, however many notice it; the cap is watched like a limit."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.utils import timezone

from accounts.errors import Conflict, Invalid, NotFound
from accounts.models import Role, User, Workspace
from accounts.tenancy import workspace_scope
from accounts.webhooks.models import WebhookEndpoint, WebhookMessage
from quotas.billing.alert_mail import mail_alerts
from quotas.billing.alerts import evaluate_alerts, evaluate_all, mail_forgotten, mark_seen
from quotas.billing.caps import current_spend, remove_spend_cap, set_spend_cap
from quotas.billing.credits import grant
from quotas.billing.rules import rule_add, rule_change, rule_remove
from quotas.errors import QuotaExceeded
from quotas.metrics import Metric
from quotas.models import AlertFiring, AlertRule, Allowance, CapAction, GrantSource, SpendCap, Subscription
from quotas.periods import open_period
from tests.people import Join
from tests.quotas.billing.bills import ANCHOR, Sold, offer
from tests.quotas.factories import take, used, utc

NOW, NEXT = utc(2026, 2, 10), utc(2026, 3, 2)
METRIC = Metric.AVATAR_MS
Clock = time_machine.Traveller


@pytest.fixture
def clock(workspace: Workspace) -> Iterator[Clock]:
    """1,000 ms of avatar time are included, more costs 0.5 minor units for 10 ms up to 4,000; two sessions at once."""
    with time_machine.travel(NOW, tick=False) as traveller, workspace_scope(workspace.pk):
        plan = offer(avatar_ms=Sold(ceiling=4_000), concurrent_sessions=Sold(included=2, price=None))
        Subscription.objects.create(plan=plan, anchor_at=ANCHOR)
        open_period(workspace.pk, NOW)
        yield traveller


def told() -> list[tuple[str, int]]:
    return list(AlertFiring.objects.order_by("metric", "threshold_percent").values_list("metric", "threshold_percent"))


@pytest.mark.django_db
def test_it_begins_with_alerts_for_what_is_used_up_and_for_the_cap(clock: Clock) -> None:
    rules = AlertRule.objects.filter(is_default=True)
    assert set(rules.values_list("threshold_percent", flat=True)) == {50, 80, 100}
    watched = set(rules.values_list("metric", flat=True))
    assert {"", "avatar_ms", "tts_characters", "storage_bytes"} <= watched
    assert "concurrent_sessions" not in watched


@pytest.mark.django_db
def test_it_fires_at_the_threshold_and_not_before(clock: Clock) -> None:
    used(METRIC, 499)
    assert evaluate_alerts() == []
    used(METRIC, 1)
    assert [(row.threshold_percent, row.used, row.limit) for row in evaluate_alerts()] == [(50, 500, 1_000)]
    assert evaluate_alerts() == []
    assert told() == [("avatar_ms", 50)]


@pytest.mark.django_db
def test_it_tells_every_threshold_that_a_jump_passes_and_all_again_in_the_next_period(clock: Clock) -> None:
    used(METRIC, 1_000)
    assert len(evaluate_alerts()) == 3
    clock.move_to(NEXT)
    assert evaluate_alerts() == []
    used(METRIC, 600)
    assert [row.threshold_percent for row in evaluate_alerts()] == [50]
    assert told() == [("avatar_ms", 50), ("avatar_ms", 50), ("avatar_ms", 80), ("avatar_ms", 100)]


@pytest.mark.django_db
def test_it_stays_silent_where_a_grant_brought_use_below_and_it_rises_again(clock: Clock) -> None:
    used(METRIC, 500)
    evaluate_alerts()
    grant(amount=1_000, key="gift", source=GrantSource.PROMO, metric=METRIC)
    used(METRIC, 500)
    assert evaluate_alerts() == []
    used(METRIC, 600)
    assert [(row.threshold_percent, row.limit) for row in evaluate_alerts()] == [(80, 2_000)]


@pytest.mark.django_db
def test_it_watches_places_by_what_is_held_where_somebody_asks_for_it(clock: Clock) -> None:
    take(1, metric=Metric.CONCURRENT_SESSIONS)
    assert evaluate_alerts() == []
    rule_add(metric=Metric.CONCURRENT_SESSIONS, threshold_percent=50)
    assert [(row.metric, row.used, row.limit) for row in evaluate_alerts()] == [("concurrent_sessions", 1, 2)]


@pytest.mark.django_db
def test_it_watches_the_spend_cap(clock: Clock) -> None:
    set_spend_cap(amount_minor=100, action=CapAction.NOTIFY)
    used(METRIC, 1_980)
    assert current_spend() == 49
    assert [row.metric for row in evaluate_alerts()] == ["avatar_ms"] * 3
    used(METRIC, 10)  # 49.5 minor units, rounded away from zero as on the invoice
    assert current_spend() == 50
    assert [(row.metric, row.threshold_percent, row.used, row.limit) for row in evaluate_alerts()] == [("", 50, 50, 100)]
    assert evaluate_alerts() == []


@pytest.mark.django_db
def test_it_stops_at_a_cap_that_stops_and_goes_on_where_it_is_lifted(clock: Clock) -> None:
    set_spend_cap(amount_minor=10, action=CapAction.STOP)
    assert Allowance.objects.get(metric=METRIC).is_capped
    take(1_200)
    with pytest.raises(QuotaExceeded):
        take(10)
    set_spend_cap(amount_minor=10, action=CapAction.NOTIFY)
    take(10)
    set_spend_cap(amount_minor=10, action=CapAction.STOP)
    with pytest.raises(QuotaExceeded):
        take(10)
    remove_spend_cap()
    assert not Allowance.objects.filter(is_capped=True).exists()
    take(10)
    with pytest.raises(NotFound):
        remove_spend_cap()


@pytest.mark.django_db
@pytest.mark.parametrize(("amount", "action"), [(-1, "stop"), (10**13, "stop"), (5, "explode")])
def test_it_refuses_caps_that_make_no_sense(clock: Clock, amount: int, action: str) -> None:
    with pytest.raises(Invalid):
        set_spend_cap(amount_minor=amount, action=action)
    assert not SpendCap.objects.exists()


@pytest.mark.django_db
def test_it_keeps_rules_as_they_are_set(clock: Clock) -> None:
    rule = rule_add(metric="stt_ms", threshold_percent=95, by_mail=False)
    with pytest.raises(Conflict, match="already"):
        rule_add(metric="stt_ms", threshold_percent=95)
    assert rule_change(rule_id=rule.pk, by_mail=True, by_webhook=False).by_mail
    rule_remove(rule_id=rule.pk)
    with pytest.raises(NotFound):
        rule_remove(rule_id=rule.pk)
    for metric, percent in (("nothing", 50), ("stt_ms", 0), ("stt_ms", 1001)):
        with pytest.raises(Invalid):
            rule_add(metric=metric, threshold_percent=percent)


@pytest.mark.django_db
def test_it_is_shown_until_somebody_has_seen_it(charlies_workspace: Workspace, clock: Clock) -> None:
    used(METRIC, 500)
    (fired,) = evaluate_alerts()
    mark_seen(firing_id=fired.pk)
    first = AlertFiring.objects.get().seen_at
    clock.shift(timedelta(hours=1))
    mark_seen(firing_id=fired.pk)
    assert AlertFiring.objects.get().seen_at == first == NOW
    with pytest.raises(NotFound):
        mark_seen(firing_id=charlies_workspace.pk)


@pytest.mark.django_db
def test_it_tells_webhooks_of_each_threshold_and_where_use_stops(clock: Clock) -> None:
    WebhookEndpoint.objects.create(url="https://example.com/hook", event_types=["quota.*"], secret="x", enabled=True)
    AlertRule.objects.filter(metric=METRIC, threshold_percent=50).update(by_webhook=False)
    used(METRIC, 1_000)
    evaluate_alerts()
    assert sorted(WebhookMessage.objects.values_list("type", flat=True)) == ["quota.threshold"] * 2
    used(METRIC, 3_000)
    evaluate_alerts()
    set_spend_cap(amount_minor=100, action=CapAction.STOP)
    evaluate_alerts()
    assert WebhookMessage.objects.filter(type="quota.exhausted").count() == 1


@pytest.mark.django_db(transaction=True)
def test_it_mails_the_highest_threshold_to_owners_and_admins(
    workspace: Workspace, alice: User, bob: User, join: Join, mailoutbox: list[mail.EmailMessage]
) -> None:
    dora = join("Dora", Role.ADMIN)
    with time_machine.travel(NOW, tick=False), workspace_scope(workspace.pk):
        Subscription.objects.create(plan=offer(avatar_ms=Sold(included=600_000)), anchor_at=ANCHOR)
        open_period(workspace.pk, NOW)
        used(METRIC, 540_000)
        firings = evaluate_alerts()
    mail_alerts(str(workspace.pk), [str(firings[-1].pk)])
    (message,) = mailoutbox
    assert set(message.to) == {alice.email, dora.email}
    assert message.subject == "Alice & Co: 80 % of avatar time used"
    assert "- Avatar time: 9 min of 10 min (80 %)" in message.body


@pytest.mark.django_db(transaction=True)
def test_it_asks_again_for_mails_that_got_lost_until_they_are_sent(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, mailoutbox: list[mail.EmailMessage]
) -> None:
    asked: list[tuple[str, list[str]]] = []

    def away(*_: object) -> None:
        raise ConnectionError("The queue is away.")

    monkeypatch.setattr(mail_alerts, "send", away)
    with time_machine.travel(NOW, tick=False), workspace_scope(workspace.pk):
        Subscription.objects.create(plan=offer(avatar_ms=Sold()), anchor_at=ANCHOR)
        open_period(workspace.pk, NOW)
        used(METRIC, 900)
        fifty, eighty = evaluate_alerts()
    monkeypatch.setattr(mail_alerts, "send", lambda *message: asked.append(message))
    rounds = [mail_forgotten(now=NOW + timedelta(minutes=after)) for after in (9, 10, 11, 69, 70, 71)]
    assert (rounds, fifty.threshold_percent) == ([0, 1, 0, 0, 1, 0], 50)
    assert asked == [(str(workspace.pk), [str(eighty.pk)])] * 2  # one mail a metric, about the highest
    for message in asked:
        mail_alerts.fn(*message)
    assert len(mailoutbox) == 1
    assert mail_forgotten(now=NOW + timedelta(hours=5)) == 0


@pytest.mark.django_db(transaction=True)
def test_it_tells_once_whoever_notices_first(workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        Subscription.objects.create(plan=offer(avatar_ms=Sold()), anchor_at=timezone.now() - timedelta(days=1))
        open_period(workspace.pk, timezone.now())
        used(METRIC, 1_000)
    counts: list[int] = []
    threads = [threading.Thread(target=_evaluate, args=(workspace, counts)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counts) == [0, 0, 0, 0, 0, 3]
    assert evaluate_all(now=timezone.now()) == 0


def _evaluate(workspace: Workspace, counts: list[int]) -> None:
    try:
        with workspace_scope(workspace.pk):
            counts.append(len(evaluate_alerts()))
    finally:
        connection.close()


@pytest.mark.django_db
def test_it_finds_what_is_to_be_told_in_every_workspace(workspace: Workspace, charlies_workspace: Workspace) -> None:
    with time_machine.travel(NOW, tick=False):
        for space, amount in ((workspace, 1_990), (charlies_workspace, 400)):
            with workspace_scope(space.pk):
                Subscription.objects.create(plan=offer(avatar_ms=Sold()), anchor_at=ANCHOR)
                open_period(space.pk, NOW)
                set_spend_cap(amount_minor=50, action=CapAction.NOTIFY)
                used(METRIC, amount)
        assert evaluate_all(now=NOW, limit=1) == 6
        assert evaluate_all(now=NOW) == 0
        with workspace_scope(charlies_workspace.pk):
            assert told() == []
