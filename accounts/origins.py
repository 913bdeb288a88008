"""Web origins (RFC 6454) as an owner types them and as browsers send them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from accounts.errors import Invalid

MAX_ORIGINS = 50
_DEFAULT_PORTS = {"http": 80, "https": 443}
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_LOCAL_HOSTS = {"localhost", "127.0.0.1", "[::1]"}


def clean_origins(texts: Iterable[str]) -> list[str]:
    """Sorted, unique origins in the spelling of browsers; raises Invalid for the first that is none, or too many."""
    origins = sorted({clean_origin(text) for text in texts if text.strip()})
    if len(origins) > MAX_ORIGINS:
        raise Invalid(f"At most {MAX_ORIGINS} origins.", code="too_many_origins")
    return origins


def clean_origin(text: str) -> str:
    """`https://host[:port]` in lower case, ASCII, without the default port. http only for this machine itself."""
    try:
        parts = urlsplit(text.strip().lower())
        port = parts.port
        host = _ascii_host(parts.hostname or "")
    except ValueError as error:
        raise _invalid(text) from error
    extra = parts.path.strip("/") or parts.query or parts.fragment or parts.username or parts.password
    if extra or parts.scheme not in _DEFAULT_PORTS or not host:
        raise _invalid(text)
    if parts.scheme == "http" and host not in _LOCAL_HOSTS:
        raise Invalid(f"{text!r}: pages must use https, except on this machine.", code="insecure_origin")
    return f"{parts.scheme}://{host}" + ("" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}")


def _ascii_host(host: str) -> str:
    if ":" in host:
        return f"[{host}]" if host == "::1" else ""
    name = host.encode("idna").decode("ascii") if host else ""
    return name if _HOST.fullmatch(name) else ""


def _invalid(text: str) -> Invalid:
    return Invalid(f"{text!r} is not an origin like https://www.example.com.", code="bad_origin")
