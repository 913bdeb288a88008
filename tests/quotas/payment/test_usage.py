"""Totals for Stripe's meters: absolute, so that retries are harmless."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas.metrics import Metric
from quotas.models import StripePush
from quotas.payment.errors import ProviderUnavailable
from quotas.payment.usage import push_usage, pushing_workspaces
from quotas.services import settle
from tests.quotas.factories import subscribe, take, usage
from tests.quotas.payment.conftest import Customer

pytestmark = pytest.mark.django_db
METER = "POST /v1/billing/meter_events"


@pytest.fixture
def metered(workspace: Workspace, request: pytest.FixtureRequest, settings: Settings) -> Customer:
    subscribe(workspace, avatar_ms=1_000_000, tts_characters=1_000_000)
    settings.STRIPE_PUSH_USAGE = True
    customer: Customer = request.getfixturevalue("customer")
    return customer


def use(customer: Customer, amount: int, metric: Metric = Metric.AVATAR_MS) -> None:
    with workspace_scope(customer.workspace_id):
        settle(hold_id=take(amount, metric=metric).id, sequence=1, used=amount, usage=usage())


def push(customer: Customer, after: timedelta = timedelta()) -> int:
    return push_usage(workspace_id=customer.workspace_id, now=timezone.now() + after)


def total(customer: Customer, metric: Metric = Metric.AVATAR_MS) -> int:
    return customer.stripe.meters.totals()[f"visavis_{metric}", customer.id]


def test_it_pushes_the_total_not_the_difference(metered: Customer) -> None:
    use(metered, 400)
    assert push(metered) == 1
    use(metered, 250)
    use(metered, 30, Metric.TTS_CHARACTERS)
    assert push(metered, timedelta(seconds=2)) == 2
    assert (total(metered), total(metered, Metric.TTS_CHARACTERS)) == (650, 30)


def test_it_pushes_nothing_that_was_told(metered: Customer) -> None:
    use(metered, 400)
    push(metered)
    asked = metered.stripe.count(METER)
    assert push(metered, timedelta(hours=1)) == 0
    assert metered.stripe.count(METER) == asked


def test_a_lost_answer_is_repeated_without_counting_twice(metered: Customer) -> None:
    use(metered, 400)
    metered.stripe.fail_next(METER, "lost_answer")
    assert push(metered) == 1
    assert metered.stripe.count(METER) == 2
    assert total(metered) == 400


def test_what_could_not_be_pushed_is_pushed_the_next_time(metered: Customer) -> None:
    use(metered, 400)
    metered.stripe.fail_next(METER, "server_error", times=3)
    with pytest.raises(ProviderUnavailable):
        push(metered)
    with workspace_scope(metered.workspace_id):
        assert not StripePush.objects.exists()
    assert push(metered) == 1
    assert total(metered) == 400


def test_a_total_that_was_pushed_and_not_noted_is_taken_as_told(metered: Customer) -> None:
    """The process dies between Stripe's answer and our note: Stripe knows the identifier."""
    use(metered, 400)
    push(metered)
    with workspace_scope(metered.workspace_id):
        StripePush.objects.update(total=0)
    assert push(metered, timedelta(seconds=5)) == 1
    assert total(metered) == 400


def test_only_customers_are_pushed_and_only_where_it_is_switched_on(metered: Customer, settings: Settings) -> None:
    assert pushing_workspaces() == [metered.workspace_id]
    settings.STRIPE_PUSH_USAGE = False
    assert pushing_workspaces() == []
