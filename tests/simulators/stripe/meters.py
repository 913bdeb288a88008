"""Meter events (https://docs.stripe.com/api/billing/meter-event), aggregated by `last`."""

from __future__ import annotations

from tests.simulators.stripe.store import Store
from tests.simulators.stripe.wire import Params, check, invalid

_PAST, _AHEAD = 35 * 86_400, 300


class Meters:
    """`totals`: what each meter says of each customer."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.taken: dict[str, Params] = {}

    def create(self, params: Params) -> Params:
        check(params, required=("event_name", "payload"), optional=("identifier", "timestamp"))
        identifier = params.get("identifier") or self.store.id("mev")
        moment = int(params.get("timestamp") or self.store.now())
        if identifier in self.taken:
            raise invalid(f"An event already exists with identifier {identifier}.")
        if not self.store.now() - _PAST <= moment <= self.store.now() + _AHEAD:
            raise invalid("The timestamp is outside of the window.", code="timestamp_out_of_range", param="timestamp")
        self.store.get(params["payload"].get("stripe_customer_id", ""), "customer", param="payload[stripe_customer_id]")
        event = {"object": "billing.meter_event", "created": self.store.now(), "livemode": False, "timestamp": moment}
        event |= {"identifier": identifier, "event_name": params["event_name"], "payload": params["payload"]}
        self.taken[identifier] = event
        return event

    def totals(self) -> dict[tuple[str, str], int]:
        """(event name, customer) → the value with the latest timestamp; of several at once, the one that came last."""
        latest = sorted(self.taken.values(), key=lambda event: int(event["timestamp"]))
        return {(row["event_name"], row["payload"]["stripe_customer_id"]): int(row["payload"]["value"]) for row in latest}
