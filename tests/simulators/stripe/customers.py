"""Customers, their cards, Checkout and the portal (https://docs.stripe.com/api/checkout/sessions)."""

from __future__ import annotations

from tests.simulators.stripe.cards import CARDS, refusal
from tests.simulators.stripe.payments import Payments
from tests.simulators.stripe.store import Store
from tests.simulators.stripe.wire import Params, check, invalid

_DAY = 86_400


class Customers:
    """`complete` and `choose_card` are what a payer does on Stripe's own pages."""

    def __init__(self, store: Store, payments: Payments, base: str) -> None:
        self.store, self.payments, self.base = store, payments, base

    def create(self, params: Params) -> Params:
        check(params, optional=("name", "email", "metadata", "address"))
        fields = {name: params.get(name) for name in ("name", "email")} | {"metadata": params.get("metadata") or {}}
        customer = self.store.add("cus", "customer", invoice_settings={"default_payment_method": None}, **fields)
        self.store.tell("customer.created", customer)
        return customer

    def retrieve(self, customer_id: str, params: Params) -> Params:
        return self.store.get(customer_id, "customer", param="id")

    def update(self, customer_id: str, params: Params) -> Params:
        check(params, optional=("name", "email", "metadata", "invoice_settings"))
        customer = self.store.get(customer_id, "customer", param="id")
        if "invoice_settings" in params:
            self._set_default(customer, params["invoice_settings"].get("default_payment_method"))
        self.store.tell("customer.updated", customer)
        return customer

    def _set_default(self, customer: Params, card_id: str) -> None:
        card = self.store.get(card_id, "payment_method", param="invoice_settings[default_payment_method]")
        if card["customer"] != customer["id"]:
            raise invalid("The customer does not have a payment method with this ID.", code="resource_missing")
        customer["invoice_settings"]["default_payment_method"] = card_id

    def attach(self, customer_id: str, name: str) -> Params:
        """A card of the payer's, on file."""
        card = self.store.add("pm", "payment_method", type="card", customer=customer_id, _card=name)
        card["card"] = {"brand": "visa", "last4": CARDS[name].last4}
        self.store.tell("payment_method.attached", card)
        return card

    def card(self, card_id: str, params: Params) -> Params:
        return self.store.get(card_id, "payment_method", param="id")

    def choose_card(self, customer_id: str, name: str) -> Params:
        """In the portal: add a card and make it the one that is charged."""
        card = self.attach(customer_id, name)
        self.update(customer_id, {"invoice_settings": {"default_payment_method": card["id"]}})
        return card

    def remove_cards(self, customer_id: str) -> None:
        """In the portal."""
        customer = self.store.get(customer_id, "customer")
        customer["invoice_settings"]["default_payment_method"] = None
        for card in self.store.of("payment_method"):
            if card["customer"] == customer_id:
                card["customer"] = None
                self.store.tell("payment_method.detached", card | {"customer": customer_id})
        self.store.tell("customer.updated", customer)

    def portal(self, params: Params) -> Params:
        check(params, required=("customer",), optional=("return_url",))
        self.store.get(params["customer"], "customer", param="customer")
        session = self.store.add("bps", "billing_portal.session", customer=params["customer"])
        return session | {"url": f"{self.base}/p/session/{session['id']}", "return_url": params.get("return_url")}

    def checkout(self, params: Params) -> Params:
        optional = ("customer", "cancel_url", "metadata", "currency", "line_items", "payment_intent_data")
        check(params, required=("mode", "success_url"), optional=optional)
        self.store.get(params.get("customer", ""), "customer", param="customer")
        is_setup = params["mode"] == "setup"
        if is_setup and not params.get("currency"):
            raise invalid("Missing required param: currency.", code="parameter_missing", param="currency")
        if not is_setup and not params.get("line_items"):
            raise invalid("Missing required param: line_items.", code="parameter_missing", param="line_items")
        price = None if is_setup else params["line_items"][0]["price_data"]
        session = self.store.add(
            "cs_test",
            "checkout.session",
            mode=params["mode"],
            customer=params["customer"],
            status="open",
            payment_status="no_payment_required" if is_setup else "unpaid",
            amount_total=int(price["unit_amount"]) if price else None,
            currency=price["currency"] if price else params["currency"],
            setup_intent=None,
            payment_intent=None,
            success_url=params["success_url"],
            expires_at=self.store.now() + _DAY,
            metadata=params.get("metadata") or {},
            _intent_metadata=(params.get("payment_intent_data") or {}).get("metadata") or {},
        )
        session["url"] = f"{self.base}/c/pay/{session['id']}"
        return session

    def retrieve_session(self, session_id: str, params: Params) -> Params:
        return self.store.get(session_id, "checkout.session", param="id")

    def expire(self, session_id: str, params: Params) -> Params:
        session = self.store.get(session_id, "checkout.session", param="id")
        if session["status"] != "open":
            raise invalid(f"Only Checkout Sessions with a status of open can be expired; this is {session['status']}.")
        session.update(status="expired", url=None)
        self.store.tell("checkout.session.expired", session)
        return session

    def complete(self, session_id: str, name: str = "pm_card_visa") -> Params:
        """The payer fills in the page, whose bank may ask for more; raises Refusal when the card does not work."""
        session = self.store.get(session_id, "checkout.session")
        if session["status"] != "open":
            raise invalid("This page is no longer open.")
        refused = refusal(CARDS[name], off_session=False)
        if session["mode"] == "setup":
            if refused and not CARDS[name].can_save:
                raise refused
            self._set_up(session, name)
        else:
            self._pay(session, name)
        session.update(status="complete", url=None)
        self.store.tell("checkout.session.completed", session)
        return session

    def _set_up(self, session: Params, name: str) -> None:
        card = self.attach(session["customer"], name)
        intent = self.store.add(
            "seti", "setup_intent", customer=session["customer"], payment_method=card["id"], status="succeeded"
        )
        session["setup_intent"] = intent["id"]
        self.store.tell("setup_intent.succeeded", intent)

    def _pay(self, session: Params, name: str) -> None:
        card = self.attach(session["customer"], name)
        intent = self.payments.intent(
            session["amount_total"], session["currency"], session["customer"], session["_intent_metadata"]
        )
        session["payment_intent"] = intent["id"]
        self.payments.pay(intent, card, off_session=False)
        session["payment_status"] = "paid"
