"""The simulated Stripe answers the official library as Stripe's documentation says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from tests.simulators.stripe import StripeSimulator

EUR: Any = {"amount": 1000, "currency": "eur"}


@pytest.fixture(scope="module")
def simulator() -> Iterator[StripeSimulator]:
    with StripeSimulator().running() as running:
        yield running


def client(simulator: StripeSimulator, key: str = StripeSimulator.key, **options: Any) -> stripe.StripeClient:
    return stripe.StripeClient(key, base_addresses={"api": simulator.base}, max_network_retries=0, **options)


def with_card(simulator: StripeSimulator, card: str) -> tuple[str, str]:
    """A customer and a card of theirs, both by id."""
    customer = client(simulator).v1.customers.create(params={"email": "x@example.com"})
    return customer.id, simulator.customers.attach(customer.id, card)["id"]


def test_a_key_is_needed_and_must_be_right(simulator: StripeSimulator) -> None:
    with pytest.raises(stripe.AuthenticationError) as wrong:
        client(simulator, "sk_test_other").v1.customers.create()
    assert wrong.value.http_status == 401


def test_another_version_is_refused(simulator: StripeSimulator) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Invalid Stripe API version"):
        client(simulator, stripe_version="2019-01-01").v1.customers.create()


def test_a_key_of_repeats_gives_the_same_answer_and_no_other_request(simulator: StripeSimulator) -> None:
    intents = client(simulator).v1.payment_intents
    first = intents.create(params=EUR, options={"idempotency_key": "a"})
    assert intents.create(params=EUR, options={"idempotency_key": "a"}).id == first.id
    with pytest.raises(stripe.IdempotencyError) as other:
        intents.create(params=EUR | {"amount": 2000}, options={"idempotency_key": "a"})
    assert (other.value.http_status, other.value.error and other.value.error.type) == (400, "idempotency_error")
    assert intents.create(params=EUR, options={"idempotency_key": "b"}).id != first.id


def test_a_refusal_of_the_parameters_is_not_kept_under_the_key(simulator: StripeSimulator) -> None:
    intents = client(simulator).v1.payment_intents
    with pytest.raises(stripe.InvalidRequestError):
        intents.create(params=EUR | {"amount": 1}, options={"idempotency_key": "c"})
    assert intents.create(params=EUR, options={"idempotency_key": "c"}).amount == 1000


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"currency": "eur"}, "parameter_missing", "amount"),
        (EUR | {"colour": "red"}, "parameter_unknown", "colour"),
        (EUR | {"amount": 1}, "amount_too_small", "amount"),
        (EUR | {"customer": "cus_none"}, "resource_missing", "customer"),
    ],
)
def test_what_is_wrong_is_named(simulator: StripeSimulator, params: Any, code: str, param: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as error:
        client(simulator).v1.payment_intents.create(params=params)
    assert (error.value.http_status, error.value.code, error.value.param) == (400, code, param)


def test_what_is_not_there_is_404(simulator: StripeSimulator) -> None:
    with pytest.raises(stripe.InvalidRequestError) as error:
        client(simulator).v1.payment_intents.retrieve("pi_none")
    assert (error.value.http_status, error.value.code) == (404, "resource_missing")


@pytest.mark.parametrize(
    ("card", "code", "decline_code"),
    [
        ("pm_card_chargeCustomerFail", "card_declined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
        ("pm_card_authenticationRequired", "authentication_required", "authentication_required"),
    ],
)
def test_a_bank_says_no_with_its_reason(simulator: StripeSimulator, card: str, code: str, decline_code: str) -> None:
    customer, method = with_card(simulator, card)
    intents = client(simulator).v1.payment_intents
    intent = intents.create(params=EUR | {"customer": customer})
    with pytest.raises(stripe.CardError) as error:
        intents.confirm(intent.id, params={"payment_method": method, "off_session": True})
    said = error.value.error
    assert said is not None
    assert (error.value.http_status, said.code, said.decline_code) == (402, code, decline_code)
    assert said.payment_intent is not None
    after = intents.retrieve(intent.id, params={"expand": ["latest_charge"]})
    assert (said.payment_intent.id, after.status) == (intent.id, "requires_payment_method")
    assert isinstance(after.latest_charge, stripe.Charge)
    assert after.latest_charge.status == "failed"


def test_a_payment_succeeds_once_only(simulator: StripeSimulator) -> None:
    customer, method = with_card(simulator, "pm_card_visa")
    intents = client(simulator).v1.payment_intents
    intent = intents.create(params=EUR | {"customer": customer})
    assert intents.confirm(intent.id, params={"payment_method": method}).status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError) as again:
        intents.confirm(intent.id, params={"payment_method": method})
    assert again.value.code == "payment_intent_unexpected_state"


def test_another_customers_card_can_not_be_charged(simulator: StripeSimulator) -> None:
    _, strangers = with_card(simulator, "pm_card_visa")
    customer, _ = with_card(simulator, "pm_card_visa")
    intents = client(simulator).v1.payment_intents
    intent = intents.create(params=EUR | {"customer": customer})
    with pytest.raises(stripe.InvalidRequestError, match="belong"):
        intents.confirm(intent.id, params={"payment_method": strangers})


def test_a_meter_event_is_taken_once_for_each_identifier(simulator: StripeSimulator) -> None:
    customer, _ = with_card(simulator, "pm_card_visa")
    event: Any = {"event_name": "m", "identifier": "x", "payload": {"stripe_customer_id": customer, "value": "5"}}
    events = client(simulator).v1.billing.meter_events
    events.create(params=event)
    with pytest.raises(stripe.InvalidRequestError, match="already exists with identifier x"):
        events.create(params=event)
    with pytest.raises(stripe.InvalidRequestError) as old:
        events.create(params=event | {"identifier": "y", "timestamp": 1})
    assert old.value.param == "timestamp"


def test_a_page_can_not_be_used_after_it_expired(simulator: StripeSimulator) -> None:
    customer, _ = with_card(simulator, "pm_card_visa")
    sessions = client(simulator).v1.checkout.sessions
    session = sessions.create(
        params={"mode": "setup", "currency": "eur", "customer": customer, "success_url": "https://example.com"}
    )
    assert sessions.expire(session.id).status == "expired"
    with pytest.raises(stripe.InvalidRequestError):
        sessions.expire(session.id)
