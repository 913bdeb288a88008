"""What is written down of a simulated year: plain facts, from which every invoice can be worked out again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricFacts:
    """How a plan sells a metric. `price`: minor units for `size` units; `markup_bp` None: not at cost."""

    included: int | None
    charges: bool
    ceiling: int | None
    price: Decimal | Fraction
    size: int
    markup_bp: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFacts:
    """A plan, of which only the counters matter here."""

    code: str
    base_minor: int
    months: int
    trial_days: int
    metrics: dict[str, MetricFacts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a workspace (`tick`: the clock came by), and what it was about."""

    at: datetime
    kind: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Billed:
    """An invoice as it must be: its lines as (kind, metric, amount), in their order."""

    reason: str
    state: str
    lines: tuple[tuple[str, str, int], ...]
    subtotal_minor: int
    tax_minor: int
    total_minor: int
    issued_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """A workspace's journal, and what its invoices and its money credit came to."""

    events: list[Event]
    invoices: list[Billed]
    money_left: int
