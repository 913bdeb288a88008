"""Stripe's test payment methods (https://docs.stripe.com/testing) and what each of them does."""

from __future__ import annotations

from dataclasses import dataclass

from tests.simulators.stripe.wire import Refusal


@dataclass(frozen=True)
class Card:
    """`can_save`: whether it can be put on file. `decline`: why every charge fails. `authenticate`: off-session charges
    fail until the payer is asked. `settles_later`: a debit, of which the bank tells days later whether it worked."""

    last4: str
    can_save: bool = True
    code: str = ""
    decline: str = ""
    authenticate: bool = False
    settles_later: bool = False


CARDS = {
    "pm_card_visa": Card("4242"),
    "pm_card_mastercard": Card("4444"),
    "pm_card_chargeDeclined": Card("0002", False, "card_declined", "generic_decline"),
    "pm_card_chargeCustomerFail": Card("0341", True, "card_declined", "generic_decline"),
    "pm_card_chargeDeclinedInsufficientFunds": Card("9995", False, "card_declined", "insufficient_funds"),
    "pm_card_chargeDeclinedExpiredCard": Card("0069", False, "expired_card"),
    "pm_card_authenticationRequired": Card("3184", authenticate=True),
    "sepa_debit": Card("3201", settles_later=True),
}


def refusal(card: Card, *, off_session: bool) -> Refusal | None:
    """Why a charge fails, or None."""
    if card.code:
        return Refusal(402, "card_error", "Your card was declined.", code=card.code, decline_code=card.decline or card.code)
    if card.authenticate and off_session:
        code = "authentication_required"
        return Refusal(402, "card_error", "Your card was declined. It requires authentication.", code=code, decline_code=code)
    return None
