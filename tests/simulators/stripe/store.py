"""The objects of the simulated account, and the events that their changes cause."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from tests.simulators.stripe.wire import Params, invalid, public

VERSION = "2026-10-28.endive"


class Store:
    """Every object by its id. `clock` gives Unix seconds."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.rows: dict[str, Params] = {}
        self.events: list[Params] = []
        self._clock = clock
        self._numbers: Iterator[int] = count(1)
        self.ahead = 0

    def now(self) -> int:
        return int(self._clock()) + self.ahead

    def advance(self, seconds: int) -> None:
        """Later, at Stripe."""
        self.ahead += seconds

    def id(self, prefix: str) -> str:
        return f"{prefix}_sim{next(self._numbers):08d}"

    def add(self, prefix: str, kind: str, **fields: Any) -> Params:
        row = {"id": self.id(prefix), "object": kind, "created": self.now(), "livemode": False, "metadata": {}} | fields
        self.rows[str(row["id"])] = row
        return row

    def get(self, row_id: str, kind: str, *, param: str = "id") -> Params:
        """The object; refuses ids that don't exist or are of another kind."""
        row = self.rows.get(row_id)
        if row is None or row["object"] != kind:
            status = 404 if param == "id" else 400
            raise invalid(f"No such {kind}: '{row_id}'", code="resource_missing", param=param, status=status)
        return row

    def of(self, kind: str) -> list[Params]:
        """All objects of a kind, oldest first."""
        return [row for row in self.rows.values() if row["object"] == kind]

    def tell(self, event_type: str, row: Params) -> Params:
        """Make an event with the object as it is now."""
        event = {
            "id": self.id("evt"),
            "object": "event",
            "api_version": VERSION,
            "created": self.now(),
            "type": event_type,
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "data": {"object": json.loads(json.dumps(public(row)))},
        }
        self.events.append(event)
        return event

    def expanded(self, row: Params, paths: list[str]) -> Params:
        """The object with the ids at `paths` replaced by what they name."""
        shown: Params = json.loads(json.dumps(public(row)))
        for path in paths:
            self._expand(shown, path.split("."), path)
        return shown

    def _expand(self, shown: Params, path: list[str], name: str) -> None:
        for part in path[:-1]:
            shown = shown[part]
        if path[-1] not in shown:
            raise invalid(f"This property cannot be expanded ({name}).", code="property_unexpandable", param="expand[0]")
        if isinstance(shown[path[-1]], str):
            shown[path[-1]] = public(self.rows[shown[path[-1]]])
