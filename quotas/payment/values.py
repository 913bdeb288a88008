"""What the payment services and the gateways tell each other. Amounts are whole minor units."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from uuid import UUID

from quotas.metrics import Metric


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """A workspace in the eyes of a provider. `external_id`: what the provider calls it; empty: it doesn't know it yet."""

    workspace_id: UUID
    name: str
    email: str
    currency: str
    external_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What is still to be paid of an invoice, and what the provider holds for it.

    `reference`: the provider's payment, which can succeed once only; `page`: a hosted page where it may be paid instead.
    """

    payer: Payer
    invoice_id: UUID
    number: str
    amount_minor: int
    currency: str
    attempt: int = 1
    reference: str = ""
    page: str = ""


class PaymentStatus(Enum):
    PAID = "paid"
    PENDING = "pending"
    FAILED = "failed"
    ACTION_REQUIRED = "action_required"  # the payer's bank wants to ask the payer
    CANCELED = "canceled"  # at the provider: it can't be paid any more
    REFUNDED = "refunded"  # in full


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a payment stands. `refunded_minor`: what of it was given back; `at`: when it was made, where that is known."""

    status: PaymentStatus
    reference: str
    amount_minor: int
    currency: str
    failure: str = ""
    refunded_minor: int = 0
    at: datetime | None = None


class PageKind(Enum):
    """A page of the provider to which the payer is sent."""

    CARD = "card"  # put a card on file
    PORTAL = "portal"  # change or remove cards
    INVOICE = "invoice"  # pay one invoice


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    id: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageTotal:
    """All that was used of a metric since its period began."""

    period_id: UUID
    metric: Metric
    total: int
    at: datetime
