"""What is published is kept exactly where it is wanted, with the transaction of what happened, and sent after it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from accounts.errors import Invalid
from accounts.models import Workspace
from accounts.tenancy import ScopeMissing, workspace_scope
from accounts.webhooks.catalog import EVENT_TYPES, clean_event_types, covers, patterns
from accounts.webhooks.models import DisabledReason, WebhookDelivery, WebhookMessage
from accounts.webhooks.services import publish
from tests.accounts.webhooks.factories import endpoint

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("wanted", "is_told"),
    [
        (("*",), True),
        (("session.*",), True),
        (("session.live",), True),
        (("turn.*", "session.ended"), False),
        (("webhook.*",), False),
    ],
)
def test_it_tells_those_who_asked(in_workspace: UUID, wanted: tuple[str, ...], is_told: bool) -> None:
    endpoint(types=wanted)
    publish("session.live", {"a": 1})
    assert WebhookDelivery.objects.count() == WebhookMessage.objects.count() == int(is_told)


def test_it_writes_nothing_where_nobody_listens(in_workspace: UUID) -> None:
    endpoint(enabled=False, disabled_reason=DisabledReason.PERSON, disabled_at=datetime.now(UTC))
    publish("session.live", {})
    assert not WebhookMessage.objects.exists()


def test_one_message_serves_every_endpoint(in_workspace: UUID) -> None:
    endpoint("https://a.example/")
    endpoint("https://b.example/")
    publish("session.live", {})
    assert (WebhookMessage.objects.count(), WebhookDelivery.objects.count()) == (1, 2)


def test_it_writes_what_json_does_not_know(in_workspace: UUID) -> None:
    endpoint()
    number = uuid4()
    at, text = datetime(2026, 1, 2, tzinfo=UTC), "ü\x00\ud800"
    publish("invoice.paid", {"id": number, "at": at, "rate": Decimal("0.19"), "text": text})
    data = json.loads(WebhookMessage.objects.get().body)["data"]
    assert data == {"id": str(number), "at": "2026-01-02T00:00:00Z", "rate": "0.19", "text": text}


def test_it_refuses_what_is_not_in_the_catalogue(in_workspace: UUID) -> None:
    endpoint()
    with pytest.raises(ValueError, match="catalog"):
        publish("session.lives", {})
    assert not WebhookMessage.objects.exists()


def test_it_needs_a_workspace(workspace: Workspace) -> None:
    with pytest.raises(ScopeMissing):
        publish("session.live", {})


def test_it_goes_with_the_transaction(workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        endpoint()
    with pytest.raises(ZeroDivisionError), workspace_scope(workspace.pk):
        publish("session.live", {})
        _ = 1 / 0
    with workspace_scope(workspace.pk):
        assert not WebhookMessage.objects.exists()


def test_it_tells_no_stranger(workspace: Workspace, charlies_workspace: Workspace) -> None:
    with workspace_scope(charlies_workspace.pk):
        endpoint()
    with workspace_scope(workspace.pk):
        publish("session.live", {})
    with workspace_scope(charlies_workspace.pk):
        assert not WebhookDelivery.objects.exists()


def test_patterns_cover_what_they_say() -> None:
    assert set(patterns()) >= {"*", "session.*", "invoice.paid", *EVENT_TYPES}
    for name in EVENT_TYPES:
        assert covers(["*"], name)
        assert covers([f"{name.split('.')[0]}.*"], name)
        assert not covers(["other.*", f"{name}x", ""], name)


def test_types_are_cleaned_or_refused() -> None:
    assert clean_event_types(["turn.*", "session.live", "turn.*"]) == ["session.live", "turn.*"]
    assert clean_event_types(["turn.*", "*"]) == ["*"]
    for wrong in (["nonsense"], [], ["session"], ["*.live"], ["session.**"]):
        with pytest.raises(Invalid):
            clean_event_types(wrong)
