"""Stripe as its documentation describes it, for the calls that we make: a real HTTP server for the official library."""

from tests.simulators.stripe.server import StripeSimulator

__all__ = ["StripeSimulator"]
