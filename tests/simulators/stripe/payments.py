"""PaymentIntents, charges and refunds (https://docs.stripe.com/api/payment_intents)."""

from __future__ import annotations

from tests.simulators.stripe.cards import CARDS, refusal
from tests.simulators.stripe.store import Store
from tests.simulators.stripe.wire import Params, Refusal, check, invalid, public, whole

_SMALLEST = {"eur": 50, "usd": 50, "gbp": 30, "chf": 50}
_OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")


class Payments:
    """Money moves here, and only here."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def create(self, params: Params) -> Params:
        optional = ("customer", "description", "metadata", "automatic_payment_methods", "setup_future_usage")
        check(params, required=("amount", "currency"), optional=optional)
        if params.get("customer"):
            self.store.get(params["customer"], "customer", param="customer")
        currency = params["currency"]
        return self.intent(self._amount(params, currency), currency, params.get("customer"), params.get("metadata") or {})

    def intent(self, amount: int, currency: str, customer: str | None, metadata: Params) -> Params:
        return self.store.add(
            "pi",
            "payment_intent",
            amount=amount,
            amount_received=0,
            currency=currency,
            customer=customer,
            metadata=metadata,
            status="requires_payment_method",
            payment_method=None,
            last_payment_error=None,
            latest_charge=None,
        )

    def _amount(self, params: Params, currency: str) -> int:
        amount = whole(params, "amount")
        if currency not in _SMALLEST:
            raise invalid(f"Invalid currency: {currency}.", param="currency")
        if amount < _SMALLEST[currency]:
            raise invalid("Amount must be at least the smallest charge.", code="amount_too_small", param="amount")
        return amount

    def retrieve(self, intent_id: str, params: Params) -> Params:
        return self.store.get(intent_id, "payment_intent", param="id")

    def update(self, intent_id: str, params: Params) -> Params:
        check(params, optional=("amount", "metadata"))
        intent = self._open(intent_id, "update")
        if "amount" in params:
            intent["amount"] = self._amount(params, intent["currency"])
        return intent

    def cancel(self, intent_id: str, params: Params) -> Params:
        intent = self._open(intent_id, "cancel")
        intent["status"] = "canceled"
        self.store.tell("payment_intent.canceled", intent)
        return intent

    def confirm(self, intent_id: str, params: Params) -> Params:
        check(params, optional=("payment_method", "off_session"))
        intent = self._open(intent_id, "confirm")
        method = params.get("payment_method") or intent["payment_method"]
        if not method:
            raise invalid("You cannot confirm this PaymentIntent because it's missing a payment method.", param="payment_method")
        card = self.store.get(method, "payment_method", param="payment_method")
        if card["customer"] is None or card["customer"] != intent["customer"]:
            raise invalid("The payment method doesn't belong to the customer.", param="payment_method")
        return self.pay(intent, card, off_session=params.get("off_session") in ("true", "True"))

    def pay(self, intent: Params, card: Params, *, off_session: bool) -> Params:
        """Charge the card for the intent; raises Refusal when the bank says no."""
        refused = refusal(CARDS[card["_card"]], off_session=off_session)
        charge = self._charge(intent, card, refused)
        intent["latest_charge"] = charge["id"]
        if refused:
            raise self._fail(intent, card, charge, refused)
        if CARDS[card["_card"]].settles_later:
            return self._wait(intent, card, charge)
        intent.update(status="succeeded", amount_received=intent["amount"], payment_method=card["id"], last_payment_error=None)
        self.store.tell("charge.succeeded", charge)
        self.store.tell("payment_intent.succeeded", intent)
        return intent

    def _wait(self, intent: Params, card: Params, charge: Params) -> Params:
        charge.update(status="pending", paid=False)
        intent.update(status="processing", payment_method=card["id"])
        self.store.tell("payment_intent.processing", intent)
        return intent

    def settle(self, intent_id: str, refused: Refusal | None = None) -> None:
        """Days later, the bank of a debit has paid, or refused."""
        intent = self.store.get(intent_id, "payment_intent")
        charge = self.store.rows[intent["latest_charge"]]
        if refused:
            charge["status"] = "failed"
            self._fail(intent, self.store.rows[charge["payment_method"]], charge, refused)
            return
        charge.update(status="succeeded", paid=True)
        intent.update(status="succeeded", amount_received=intent["amount"], last_payment_error=None)
        self.store.tell("payment_intent.succeeded", intent)

    def _charge(self, intent: Params, card: Params, refused: Refusal | None) -> Params:
        return self.store.add(
            "ch",
            "charge",
            amount=intent["amount"],
            amount_refunded=0,
            currency=intent["currency"],
            customer=intent["customer"],
            payment_intent=intent["id"],
            payment_method=card["id"],
            paid=refused is None,
            refunded=False,
            status="failed" if refused else "succeeded",
        )

    def _fail(self, intent: Params, card: Params, charge: Params, refused: Refusal) -> Refusal:
        error = refused.body()["error"] | {"payment_method": public(card), "charge": charge["id"]}
        intent.update(status="requires_payment_method", payment_method=None, last_payment_error=error)
        self.store.tell("charge.failed", charge)
        self.store.tell("payment_intent.payment_failed", intent)
        refused.extra = {"payment_intent": public(intent), "payment_method": public(card), "charge": charge["id"]}
        return refused

    def _open(self, intent_id: str, verb: str) -> Params:
        intent = self.store.get(intent_id, "payment_intent", param="id")
        if intent["status"] not in _OPEN:
            message = f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}."
            raise invalid(message, code="payment_intent_unexpected_state")
        return intent

    def refund(self, params: Params) -> Params:
        check(params, required=("payment_intent",), optional=("amount", "reason", "metadata"))
        intent = self.store.get(params["payment_intent"], "payment_intent", param="payment_intent")
        if intent["status"] != "succeeded":
            raise invalid("This PaymentIntent does not have a successful charge to refund.")
        charge = self.store.rows[intent["latest_charge"]]
        left = charge["amount"] - charge["amount_refunded"]
        amount = whole(params, "amount") if "amount" in params else left
        if left == 0:
            raise invalid("The charge has already been refunded.", code="charge_already_refunded")
        if amount > left:
            raise invalid("Refund amount is greater than unrefunded amount on charge.", param="amount")
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
        self.store.tell("charge.refunded", charge)
        fields = {"amount": amount, "charge": charge["id"], "payment_intent": intent["id"], "status": "succeeded"}
        return self.store.add("re", "refund", **fields)
