"""Secrets that we must be able to read again: sealed with keys derived from SECRET_KEY, one key a purpose.

AES-128-CBC with HMAC-SHA256 (Fernet). SECRET_KEY_FALLBACKS still open what they sealed; what is sealed anew uses SECRET_KEY.
"""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.encoding import force_bytes


class Unreadable(RuntimeError):
    """A sealed text was made with another SECRET_KEY, for another purpose, or is damaged."""


def seal(text: str, *, purpose: str) -> str:
    """Encrypt `text`; only `unseal` with the same purpose opens it."""
    return _keys(purpose).encrypt(text.encode()).decode()


def unseal(sealed: str, *, purpose: str) -> str:
    """The text that was sealed; raises Unreadable."""
    try:
        return _keys(purpose).decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise Unreadable(f"A secret for {purpose} can't be opened: was SECRET_KEY replaced without a fallback?") from error


def _keys(purpose: str) -> MultiFernet:
    return MultiFernet([Fernet(_derive(key, purpose)) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _derive(secret_key: str | bytes, purpose: str) -> bytes:
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"visavis vault: {purpose}".encode())
    return base64.urlsafe_b64encode(hkdf.derive(force_bytes(secret_key)))
