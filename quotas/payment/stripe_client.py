"""The official Stripe client, set up our way: pinned version, short waits, repeats that are safe, errors as ours."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import stripe
from django.conf import settings

from quotas.payment.errors import ProviderRefused, ProviderUnavailable

logger = logging.getLogger(__name__)
# What our code and the simulator of the tests were written for; a newer library must not change it silently.
API_VERSION = "2026-10-28.endive"
RETRIES = 2

stripe.enable_telemetry = False  # it would write an identifier into the home folder


def client() -> stripe.StripeClient:
    """The client for the settings of now; connections are kept between calls."""
    return _client(settings.STRIPE_API_KEY, settings.STRIPE_API_BASE, settings.STRIPE_TIMEOUT_SECONDS)


@lru_cache(maxsize=4)
def _client(api_key: str, base: str, timeout: int) -> stripe.StripeClient:
    return stripe.StripeClient(
        api_key,
        stripe_version=API_VERSION,
        base_addresses={"api": base},
        max_network_retries=RETRIES,
        http_client=stripe.RequestsClient(timeout=timeout),
    )


@contextmanager
def translated() -> Iterator[None]:
    """Turn Stripe's errors into ours. A CardError passes: it is an answer, not a failure of the call."""
    try:
        yield
    except stripe.CardError:
        raise
    except (stripe.APIConnectionError, stripe.RateLimitError) as error:
        raise ProviderUnavailable() from error
    except stripe.StripeError as error:
        if error.http_status in (409, 429) or (error.http_status or 0) >= 500:
            raise ProviderUnavailable() from error
        logger.error("Stripe refused request %s: %s", error.request_id, error)
        raise ProviderRefused(error.user_message or "", provider_code=error.code or "") from error
