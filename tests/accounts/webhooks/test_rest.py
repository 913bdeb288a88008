"""The REST API of webhooks, as an integrator uses it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from accounts.webhooks.models import DeliveryState, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from tests.accounts.webhooks.factories import delivery, endpoint

pytestmark = pytest.mark.django_db
LIST = "/api/v1/webhooks"
NEW = {"url": "https://hooks.example.com/a", "event_types": ["session.*", "invoice.paid"], "description": "Shop"}


def made(api: APIClient) -> dict[str, Any]:
    answer = api.post(LIST, NEW)
    assert answer.status_code == 201
    body: dict[str, Any] = answer.json()
    return body


def test_it_shows_the_secret_when_it_is_made_and_never_again(alice_api: APIClient) -> None:
    webhook = made(alice_api)
    assert webhook.pop("secret").startswith("whsec_")
    assert webhook["event_types"] == ["invoice.paid", "session.*"]
    assert (webhook["enabled"], webhook["disabled_reason"], webhook["failing_since"]) == (True, "", None)
    assert alice_api.get(LIST).json()["results"] == [webhook]
    assert alice_api.get(f"{LIST}/{webhook['id']}").json() == webhook
    assert "whsec_" not in alice_api.get(LIST).content.decode()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"url": "http://hooks.example.com/"}, "insecure_url"),
        ({"url": "https://10.0.0.1/"}, "forbidden_address"),
        ({"event_types": ["sessions.*"]}, "unknown_event_type"),
        ({"event_types": "*"}, "invalid"),
        ({"event_types": []}, "invalid"),
        ({"url": None}, "invalid"),
    ],
)
def test_it_says_what_is_wrong(alice_api: APIClient, workspace: Workspace, change: dict[str, Any], code: str) -> None:
    answer = alice_api.post(LIST, {**NEW, **change})
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    with workspace_scope(workspace.pk):
        assert not WebhookEndpoint.objects.exists()


def test_it_changes_disables_and_deletes(alice_api: APIClient) -> None:
    path = f"{LIST}/{made(alice_api)['id']}"
    changed = alice_api.patch(path, {"enabled": False, "description": ""}).json()
    assert (changed["enabled"], changed["disabled_reason"], changed["description"]) == (False, "person", "")
    assert alice_api.post(f"{path}/test").json()["code"] == "webhook_disabled"
    assert alice_api.patch(path, {"enabled": True}).json()["disabled_at"] is None
    assert alice_api.delete(path).status_code == 204
    assert alice_api.get(path).status_code == 404


def test_it_rotates(alice_api: APIClient) -> None:
    webhook = made(alice_api)
    rotated = alice_api.post(f"{LIST}/{webhook['id']}/rotate").json()
    assert rotated["secret"].startswith("whsec_")
    assert rotated["secret"] != webhook["secret"]
    assert rotated["previous_secret_until"] is not None


def test_it_tells_of_a_test_event_and_its_attempts(alice_api: APIClient, workspace: Workspace) -> None:
    webhook = made(alice_api)
    sent = alice_api.post(f"{LIST}/{webhook['id']}/test")
    assert sent.status_code == 202
    row = sent.json()
    assert (row["type"], row["state"], row["attempts"], row["webhook_id"]) == ("webhook.test", "pending", 0, webhook["id"])
    assert row["next_attempt_at"] is not None
    with workspace_scope(workspace.pk):
        WebhookAttempt.objects.create(delivery_id=row["id"], number=1, error="timeout", detail="Too late.", duration_ms=9)
    detail = alice_api.get(f"{LIST}/deliveries/{row['id']}").json()
    assert detail["log"][0].pop("created_at")
    assert detail["log"] == [
        {"number": 1, "status": None, "error": "timeout", "detail": "Too late.", "duration_ms": 9, "response": ""}
    ]
    assert '"type":"webhook.test"' in detail["body"]


def test_it_pages_and_filters_deliveries(alice_api: APIClient, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        to = endpoint()
        for kind in ("session.live", "session.ended", "session.ended"):
            delivery(to, kind)
        failed = delivery(to, "turn.created")
        WebhookDelivery.objects.filter(pk=failed.pk).update(state=DeliveryState.FAILED, finished_at=timezone.now())
    path = f"{LIST}/{to.pk}/deliveries"
    first = alice_api.get(f"{path}?limit=3").json()
    assert [row["type"] for row in first["results"]] == ["turn.created", "session.ended", "session.ended"]
    assert [row["type"] for row in alice_api.get(first["next"]).json()["results"]] == ["session.live"]
    assert [row["id"] for row in alice_api.get(f"{path}?state=failed").json()["results"]] == [str(failed.pk)]
    assert len(alice_api.get(f"{path}?type=session.ended").json()["results"]) == 2
    assert alice_api.get(f"{path}?state=nonsense").json()["code"] == "unknown_state"


def test_it_replays_one_and_all(alice_api: APIClient, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        to = endpoint()
        rows = [delivery(to) for _ in range(3)]
        WebhookDelivery.objects.update(state=DeliveryState.FAILED, finished_at=timezone.now())
    one = alice_api.post(f"{LIST}/deliveries/{rows[0].pk}/replay")
    assert (one.status_code, one.json()["state"]) == (202, "pending")
    assert alice_api.post(f"{LIST}/deliveries/{rows[0].pk}/replay").status_code == 409
    since = (timezone.now() - timedelta(hours=1)).isoformat()
    rest = alice_api.post(f"{LIST}/{to.pk}/replay", {"since": since})
    assert (rest.status_code, rest.json()) == (202, {"messages": 2})
    assert alice_api.post(f"{LIST}/{to.pk}/replay", {"since": "yesterday"}).status_code == 400
