"""Stripe through its official library. Our invoice is the document; Stripe only moves the money (PaymentIntents)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import stripe
from django.conf import settings

from quotas.payment.errors import NotPayable, ProviderRefused
from quotas.payment.stripe_client import client, translated
from quotas.payment.values import Demand, Outcome, Page, PageKind, Payer, PaymentStatus, UsageTotal

_STATUSES = {
    "succeeded": PaymentStatus.PAID,
    "processing": PaymentStatus.PENDING,
    "requires_action": PaymentStatus.ACTION_REQUIRED,
    "canceled": PaymentStatus.CANCELED,
}
_OVER = (PaymentStatus.PAID, PaymentStatus.PENDING, PaymentStatus.CANCELED, PaymentStatus.REFUNDED)
_AUTHENTICATION = "authentication_required"


class StripeGateway:
    """Keys of repeats come from our ids, so that a lost answer or a second worker can't act twice."""

    def enroll(self, payer: Payer) -> str:
        with translated():
            customer = client().v1.customers.create(
                params={
                    "name": payer.name,
                    "email": payer.email,
                    "metadata": {"workspace_id": str(payer.workspace_id)},
                },
                options={"idempotency_key": f"customer:{payer.workspace_id}:{payer.email}:{payer.name}"[:255]},
            )
        return customer.id

    def page(self, kind: PageKind, payer: Payer, return_url: str, demand: Demand | None = None) -> Page:
        with translated():
            if kind is PageKind.PORTAL:
                return self._portal(payer, return_url)
            if kind is PageKind.CARD:
                return self._card_page(payer, return_url)
            if demand is None:
                raise NotPayable()
            return self._open_page(demand) or self._invoice_page(demand, return_url)

    def prepare(self, demand: Demand) -> str:
        with translated():
            intent = client().v1.payment_intents.create(
                params={
                    "amount": demand.amount_minor,
                    "currency": demand.currency.lower(),
                    "customer": demand.payer.external_id,
                    "description": f"Invoice {demand.number}",
                    "metadata": _metadata(demand),
                    "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
                },
                options={"idempotency_key": f"intent:{demand.invoice_id}:{demand.attempt}:{demand.amount_minor}"},
            )
        return intent.id

    def charge(self, demand: Demand) -> Outcome:
        with translated():
            before = self.look_up(demand.reference)
            if before.status in _OVER:
                return before
            if not self._close_page(demand):
                return _with(before, PaymentStatus.PENDING, "")
            card = self.card_of(demand.payer.external_id)
            if not card:
                return _with(before, PaymentStatus.FAILED, "no_payment_method")
            if before.amount_minor != demand.amount_minor:
                client().v1.payment_intents.update(demand.reference, params={"amount": demand.amount_minor})
            return self._confirm(demand, card)

    def refund(self, reference: str, amount_minor: int, key: str) -> Outcome:
        with translated():
            client().v1.refunds.create(
                params={"payment_intent": reference, "amount": amount_minor},
                options={"idempotency_key": f"refund:{key}"},
            )
            return self.look_up(reference)

    def look_up(self, reference: str) -> Outcome:
        """How a payment stands now: what events only hint at."""
        with translated():
            return outcome_of(self.intent(reference))

    def intent(self, reference: str) -> stripe.PaymentIntent:
        """Stripe's own object, with its latest charge."""
        with translated():
            return client().v1.payment_intents.retrieve(reference, params={"expand": ["latest_charge"]})

    def session(self, session_id: str) -> stripe.checkout.Session:
        """A Checkout session as it stands, with what it set up."""
        with translated():
            return client().v1.checkout.sessions.retrieve(session_id, params={"expand": ["setup_intent"]})

    def card_of(self, external_id: str) -> str:
        """The means of payment that a customer wants used, or an empty text."""
        with translated():
            customer = client().v1.customers.retrieve(external_id)
        if getattr(customer, "deleted", False) or customer.invoice_settings is None:
            return ""
        return _id(customer.invoice_settings.default_payment_method)

    def adopt_card(self, external_id: str, card_id: str) -> None:
        """Make a card, which was set up, the one that is charged; unless it is gone, or a newer one is charged already."""
        with translated():
            card = client().v1.payment_methods.retrieve(card_id)
            expand: list[str] = ["invoice_settings.default_payment_method"]
            customer = client().v1.customers.retrieve(external_id, params={"expand": expand})
            settings_of: Any = getattr(customer, "invoice_settings", None)
            current = getattr(settings_of, "default_payment_method", None)
            is_older = current is not None and current.created > card.created
            if _id(card.customer) == external_id and not is_older:
                client().v1.customers.update(external_id, params={"invoice_settings": {"default_payment_method": card_id}})

    def push_usage(self, payer: Payer, totals: Sequence[UsageTotal]) -> None:
        """Report absolute totals to Stripe's meters (aggregation `last`): told twice, they say the same."""
        with translated():
            for total in totals:
                _push(payer, total)

    def _confirm(self, demand: Demand, card: str) -> Outcome:
        key = f"charge:{demand.reference}:{demand.attempt}:{demand.amount_minor}:{card}"
        try:
            intent = client().v1.payment_intents.confirm(
                demand.reference,
                params={"payment_method": card, "off_session": True, "expand": ["latest_charge"]},
                options={"idempotency_key": key},
            )
        except stripe.CardError as error:
            return _declined(demand, error)
        return outcome_of(intent)

    def _portal(self, payer: Payer, return_url: str) -> Page:
        session = client().v1.billing_portal.sessions.create(params={"customer": payer.external_id, "return_url": return_url})
        return Page(id=session.id, url=session.url)

    def _card_page(self, payer: Payer, return_url: str) -> Page:
        return _page(
            client().v1.checkout.sessions.create(
                params={
                    "mode": "setup",
                    "customer": payer.external_id,
                    "currency": payer.currency.lower(),
                    "success_url": return_url,
                    "cancel_url": return_url,
                    "metadata": {"workspace_id": str(payer.workspace_id)},
                }
            )
        )

    def _invoice_page(self, demand: Demand, return_url: str) -> Page:
        if demand.reference and self.look_up(demand.reference).status in (PaymentStatus.PAID, PaymentStatus.PENDING):
            raise NotPayable("This invoice is being paid.")
        item: Any = {
            "quantity": 1,
            "price_data": {
                "currency": demand.currency.lower(),
                "unit_amount": demand.amount_minor,
                "product_data": {"name": f"Invoice {demand.number}"},
            },
        }
        session = client().v1.checkout.sessions.create(
            params={
                "mode": "payment",
                "customer": demand.payer.external_id,
                "line_items": [item],
                "payment_intent_data": {"metadata": _metadata(demand), "setup_future_usage": "off_session"},
                "metadata": _metadata(demand),
                "success_url": return_url,
                "cancel_url": return_url,
            }
        )
        return _page(session)

    def _open_page(self, demand: Demand) -> Page | None:
        """The page that was opened for the same amount and still can be used."""
        if not demand.page:
            return None
        session = client().v1.checkout.sessions.retrieve(demand.page)
        if session.status == "complete":
            raise NotPayable("This invoice is being paid.")
        if session.status == "open" and session.amount_total == demand.amount_minor:
            return _page(session)
        self._close_page(demand)
        return None

    def _close_page(self, demand: Demand) -> bool:
        """Nobody can pay on the hosted page from now on; False when somebody has."""
        if not demand.page:
            return True
        session = client().v1.checkout.sessions.retrieve(demand.page)
        if session.status == "open":
            try:
                session = client().v1.checkout.sessions.expire(demand.page)
            except stripe.InvalidRequestError:  # it was completed meanwhile
                return False
        return session.status == "expired"


def _push(payer: Payer, total: UsageTotal) -> None:
    identifier = f"{total.period_id}:{total.metric}:{total.total}"
    try:
        client().v1.billing.meter_events.create(
            params={
                "event_name": f"{settings.STRIPE_METER_PREFIX}{total.metric}",
                "identifier": identifier,
                "timestamp": int(total.at.timestamp()),
                "payload": {"stripe_customer_id": payer.external_id, "value": str(total.total)},
            },
            options={"idempotency_key": f"meter:{identifier}:{int(total.at.timestamp())}"},
        )
    except stripe.InvalidRequestError as error:
        # Stripe knows it already: we died between its answer and our note. Seen in practice: the code is missing.
        if "already exists with identifier" not in str(error) and error.code != "duplicate_meter_event":
            raise


def outcome_of(intent: stripe.PaymentIntent) -> Outcome:
    """A PaymentIntent in our words."""
    status = _STATUSES.get(intent.status, PaymentStatus.FAILED)
    error = intent.last_payment_error
    refunded = _refunded(intent.latest_charge)
    if status is PaymentStatus.PAID and refunded >= intent.amount:
        status = PaymentStatus.REFUNDED
    code = _code(error) if error and status is not PaymentStatus.PAID else ""
    if code == _AUTHENTICATION and status is PaymentStatus.FAILED:
        status = PaymentStatus.ACTION_REQUIRED
    return Outcome(
        status=status,
        reference=intent.id,
        amount_minor=intent.amount,
        currency=intent.currency.upper(),
        failure=code,
        refunded_minor=refunded,
        at=_charged_at(intent.latest_charge),
    )


def _refunded(charge: Any) -> int:
    return int(charge.amount_refunded) if charge is not None and not isinstance(charge, str) else 0


def _charged_at(charge: Any) -> datetime | None:
    return datetime.fromtimestamp(charge.created, UTC) if charge is not None and not isinstance(charge, str) else None


def _code(error: Any) -> str:
    """The bank's reason where there is one, else Stripe's."""
    return str(getattr(error, "decline_code", None) or getattr(error, "code", None) or "declined")


def _declined(demand: Demand, error: stripe.CardError) -> Outcome:
    code = _code(error.error) if error.error else (error.code or "declined")
    wants_payer = _AUTHENTICATION in (code, error.code)
    return Outcome(
        status=PaymentStatus.ACTION_REQUIRED if wants_payer else PaymentStatus.FAILED,
        reference=demand.reference,
        amount_minor=demand.amount_minor,
        currency=demand.currency,
        failure=code,
    )


def _with(outcome: Outcome, status: PaymentStatus, failure: str) -> Outcome:
    return Outcome(
        status=status,
        reference=outcome.reference,
        amount_minor=outcome.amount_minor,
        currency=outcome.currency,
        failure=failure,
    )


def _metadata(demand: Demand) -> dict[str, str]:
    return {
        "workspace_id": str(demand.payer.workspace_id),
        "invoice_id": str(demand.invoice_id),
        "number": demand.number,
    }


def _page(session: stripe.checkout.Session) -> Page:
    if not session.url:
        raise ProviderRefused("Stripe gave no address for its page.")
    return Page(id=session.id, url=session.url)


def _id(value: Any) -> str:
    """The id of something that may be given as its id, expanded, or not at all."""
    if value is None:
        return ""
    return value if isinstance(value, str) else str(value.id)
