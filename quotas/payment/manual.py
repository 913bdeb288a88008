"""Bank transfer: the invoice says where to pay, and the operator records what arrives."""

from __future__ import annotations

from quotas.payment.errors import MethodUnavailable
from quotas.payment.values import Demand, Outcome, Page, PageKind, Payer, PaymentStatus


class ManualGateway:
    """Knows no provider: nothing is charged by itself, and there is no page to send anyone to."""

    def enroll(self, payer: Payer) -> str:
        return ""

    def page(self, kind: PageKind, payer: Payer, return_url: str, demand: Demand | None = None) -> Page:
        raise MethodUnavailable("Invoices are paid by bank transfer; no card is needed.")

    def prepare(self, demand: Demand) -> str:
        return demand.number

    def charge(self, demand: Demand) -> Outcome:
        return Outcome(
            status=PaymentStatus.PENDING,
            reference=demand.reference,
            amount_minor=demand.amount_minor,
            currency=demand.currency,
        )

    def refund(self, reference: str, amount_minor: int, key: str) -> Outcome:
        raise MethodUnavailable("Transfers are sent back by the bank, not from here.")
