"""Alerts and caps: thresholds, firings that are seen, the spend cap, and the banner above every page."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import Role, Workspace
from accounts.tenancy import workspace_scope
from quotas.metrics import Metric
from quotas.models import AlertFiring, AlertRule, SpendCap
from quotas.overview import alert_rules
from tests.people import Join, sign_in
from tests.quotas.factories import a_firing
from tests.quotas.pages.reading import text_of

pytestmark = pytest.mark.django_db
WISH = {"metric": "avatar_ms", "threshold_percent": "42", "by_mail": "on"}


def test_it_watches_half_most_and_all_from_the_start(alice_client: Client, workspace: Workspace) -> None:
    assert "Avatar time Avatar time at 50 %" in text_of(alice_client, "/billing/alerts")
    with workspace_scope(workspace.pk):
        found = alert_rules().filter(metric="avatar_ms").values_list("threshold_percent", flat=True)
        assert list(found) == [50, 80, 100]


def test_it_adds_changes_and_removes_a_threshold(alice_client: Client, workspace: Workspace) -> None:
    alice_client.post("/billing/alerts/new", WISH)
    with workspace_scope(workspace.pk):
        rule = AlertRule.objects.get(threshold_percent=42)
    assert (rule.metric, rule.by_mail, rule.by_webhook) == ("avatar_ms", True, False)
    alice_client.post(f"/billing/alerts/{rule.pk}", {"by_webhook": "on"})
    with workspace_scope(workspace.pk):
        rule.refresh_from_db()
    assert (rule.by_mail, rule.by_webhook) == (False, True)
    alice_client.post(f"/billing/alerts/{rule.pk}/remove")
    with workspace_scope(workspace.pk):
        assert not AlertRule.objects.filter(pk=rule.pk).exists()


@pytest.mark.parametrize("changes", [{"threshold_percent": "0"}, {"threshold_percent": "80"}, {"metric": "minutes"}])
def test_it_refuses_a_threshold_that_makes_no_sense(changes: dict[str, str], alice_client: Client, workspace: Workspace) -> None:
    alice_client.get("/billing/alerts")
    with workspace_scope(workspace.pk):
        before = AlertRule.objects.count()
    assert alice_client.post("/billing/alerts/new", WISH | changes).status_code == 400
    with workspace_scope(workspace.pk):
        assert AlertRule.objects.count() == before


def test_it_sets_and_removes_a_cap(alice_client: Client, workspace: Workspace) -> None:
    alice_client.post("/billing/cap", {"amount_minor": "12.50", "action": "stop"})
    with workspace_scope(workspace.pk):
        cap = SpendCap.objects.get()
    assert (cap.amount_minor, cap.action) == (1250, "stop")
    assert "may cost €12.50 in a period, and costs €0.00 so far" in text_of(alice_client, "/billing/alerts")
    alice_client.post("/billing/cap/remove")
    with workspace_scope(workspace.pk):
        assert not SpendCap.objects.exists()


@pytest.mark.parametrize("amount", ["-1", "1.234", "a lot", "", "99999999999"])
def test_it_refuses_a_cap_that_is_no_amount(amount: str, alice_client: Client, workspace: Workspace) -> None:
    assert alice_client.post("/billing/cap", {"amount_minor": amount, "action": "stop"}).status_code == 400
    with workspace_scope(workspace.pk):
        assert not SpendCap.objects.exists()


def test_it_tells_on_every_page_until_somebody_has_seen_it(alice_client: Client, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        firing = a_firing()
    assert "Avatar time: 100 % is used in this period." in text_of(alice_client, "/sessions")
    alice_client.post(f"/billing/alerts/firings/{firing.pk}/seen")
    assert "100 % is used" not in text_of(alice_client, "/sessions")
    with workspace_scope(workspace.pk):
        assert AlertFiring.objects.get().seen_at is not None


def test_it_says_of_a_level_that_it_was_reached(alice_client: Client, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        a_firing(metric=Metric.STORAGE_BYTES)
    assert "Storage: 100 % was in use." in text_of(alice_client, "/usage")


def test_it_says_how_long_the_slice_is_that_still_runs(alice_client: Client, settings: Settings) -> None:
    settings.SESSION_SLICE_SECONDS = 35
    assert "at most one slice of 35 seconds" in text_of(alice_client, "/billing/alerts")


def test_it_tells_members_but_leaves_the_seeing_to_others(join: Join, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        firing = a_firing()
    client = sign_in(join("Dora", Role.MEMBER), workspace)
    assert "Avatar time: 100 % is used in this period." in text_of(client, "/sessions")
    assert "/seen" not in client.get("/sessions").content.decode()
    assert client.post(f"/billing/alerts/firings/{firing.pk}/seen").status_code == 403


def test_it_keeps_quiet_about_less_than_all(alice_client: Client, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        a_firing(threshold_percent=80)
    assert "80 % is used" not in text_of(alice_client, "/sessions")


def test_it_hides_it_all_from_strangers(charlie_client: Client, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        firing, rule = a_firing(), AlertRule.objects.first()
    assert rule is not None
    for path in (f"/billing/alerts/firings/{firing.pk}/seen", f"/billing/alerts/{rule.pk}", f"/billing/alerts/{rule.pk}/remove"):
        assert charlie_client.post(path).status_code == 404
    with workspace_scope(workspace.pk):
        assert AlertFiring.objects.get().seen_at is None
        assert AlertRule.objects.filter(pk=rule.pk).exists()
