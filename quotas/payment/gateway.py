"""What every way of paying can do. Gateways talk to a provider and touch no rows; services keep what they answer."""

from __future__ import annotations

from typing import Protocol

from django.conf import settings

from quotas.models import PaymentMethod
from quotas.payment.errors import BillingDisabled, MethodUnavailable
from quotas.payment.manual import ManualGateway
from quotas.payment.stripe_gateway import StripeGateway
from quotas.payment.values import Demand, Outcome, Page, PageKind, Payer


class PaymentGateway(Protocol):
    """Every call may be repeated: the same values have the same effect once.

    All raise ProviderUnavailable (unknown whether it was done; repeat it) and ProviderRefused.
    """

    def enroll(self, payer: Payer) -> str:
        """Make the payer known to the provider; returns its id there."""

    def page(self, kind: PageKind, payer: Payer, return_url: str, demand: Demand | None = None) -> Page:
        """A hosted page to send the payer to. Raises MethodUnavailable, NotPayable."""

    def prepare(self, demand: Demand) -> str:
        """Tell the provider what is to be paid, without charging anything; returns its reference."""

    def charge(self, demand: Demand) -> Outcome:
        """Try to charge the means of payment on file, which was prepared as `demand.reference`."""

    def refund(self, reference: str, amount_minor: int, key: str) -> Outcome:
        """Give back `amount_minor` of a payment, once per `key`; returns how the payment stands then."""


def gateway_for(method: str) -> PaymentGateway:
    """The gateway of a method. Raises BillingDisabled, and MethodUnavailable when it is not set up."""
    if not settings.BILLING_ENABLED:
        raise BillingDisabled()
    if method == PaymentMethod.MANUAL:
        return ManualGateway()
    return stripe_gateway()


def stripe_gateway() -> StripeGateway:
    """Raises BillingDisabled, MethodUnavailable."""
    if not settings.BILLING_ENABLED:
        raise BillingDisabled()
    if not settings.STRIPE_API_KEY:
        raise MethodUnavailable("Stripe is not set up: STRIPE_API_KEY is missing.")
    return StripeGateway()
