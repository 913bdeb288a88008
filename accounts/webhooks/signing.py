"""Secrets and signatures of Standard Webhooks (https://www.standardwebhooks.com): `v1`, HMAC-SHA256, base64."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime

from accounts import vault
from accounts.webhooks.models import WebhookEndpoint

SECRET_PREFIX = "whsec_"  # noqa: S105
_SECRET_BYTES = 32
_PURPOSE = "webhook secret"


def new_secret() -> str:
    """`whsec_` and the base64 of 32 random bytes."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def seal(secret: str) -> str:
    """The secret as it is stored."""
    return vault.seal(secret, purpose=_PURPOSE)


def sealed_secrets(endpoint: WebhookEndpoint, now: datetime) -> list[str]:
    """The secrets that sign now, as they are stored: the current one, and for a day the one before it."""
    is_replacing = endpoint.previous_until is not None and endpoint.previous_until > now
    return [endpoint.secret, endpoint.previous_secret] if is_replacing else [endpoint.secret]


def unseal(sealed: Iterable[str]) -> list[str]:
    """The secrets themselves; raises vault.Unreadable when SECRET_KEY was replaced without a fallback."""
    return [vault.unseal(text, purpose=_PURPOSE) for text in sealed]


def signed_headers(*, message_id: str, body: bytes, secrets: Iterable[str], now: datetime) -> dict[str, str]:
    """The three headers; `webhook-signature` holds one signature per secret, separated by spaces."""
    timestamp = int(now.timestamp())
    signatures = [sign(secret, message_id=message_id, timestamp=timestamp, body=body) for secret in secrets]
    return {"webhook-id": message_id, "webhook-timestamp": str(timestamp), "webhook-signature": " ".join(signatures)}


def sign(secret: str, *, message_id: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body` (timestamp in Unix seconds)."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    digest = hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"
