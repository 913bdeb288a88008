"""Secrets that we hand out once and keep only as keyed hashes: API keys, tickets, invitations."""

from __future__ import annotations

import binascii
import hashlib
import hmac
import secrets
import string
from dataclasses import dataclass

from django.conf import settings

ALPHABET = string.ascii_letters + string.digits
KEY_PREFIX = "vv_live_"
LOOKUP_LENGTH = 8
_SECRET_LENGTH = 32


@dataclass(frozen=True, slots=True)
class NewKey:
    """A fresh API key: `text` is shown once; `prefix` and `digest` are stored."""

    text: str
    prefix: str
    digest: str


def new_key() -> NewKey:
    """`vv_live_` + 8 characters to look it up + 32 random characters + CRC32, as secret scanners expect."""
    prefix = KEY_PREFIX + random_text(LOOKUP_LENGTH)
    body = prefix + random_text(_SECRET_LENGTH)
    text = body + _checksum(body)
    return NewKey(text=text, prefix=prefix, digest=digest(text))


def key_prefix(text: str) -> str | None:
    """The lookup part of a well-formed key, or None when it can't be one of ours (so no query is spent on it)."""
    if not text.startswith(KEY_PREFIX) or len(text) != len(KEY_PREFIX) + LOOKUP_LENGTH + _SECRET_LENGTH + 8:
        return None
    if not hmac.compare_digest(_checksum(text[:-8]).encode(), text[-8:].encode()):
        return None
    return text[: len(KEY_PREFIX) + LOOKUP_LENGTH]


def random_text(length: int) -> str:
    """Letters and digits from the system's secure source."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def digest(text: str) -> str:
    """HMAC-SHA256 of a secret under the pepper, hex. Slow hashes are for passwords, not for 190-bit secrets."""
    return hmac.new(settings.TOKEN_PEPPER.encode(), text.encode(), hashlib.sha256).hexdigest()


def matches(text: str, stored: str) -> bool:
    """Constant-time comparison with a stored digest."""
    return hmac.compare_digest(digest(text), stored)


def _checksum(body: str) -> str:
    return f"{binascii.crc32(body.encode()):08x}"
