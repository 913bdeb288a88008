"""JSON bodies that are small, shallow and made of text that Postgres can store."""

from __future__ import annotations

import json
from typing import IO, Any, NoReturn

from django.conf import settings
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

_MAX_INTEGER_DIGITS = 30


class TooLarge(APIException):
    status_code = 413
    default_detail = "The body is too large."
    default_code = "too_large"


class StrictJSONParser(BaseParser):
    """Refuses bodies over DATA_UPLOAD_MAX_MEMORY_SIZE, NaN, endless nesting, NUL characters and lone surrogates."""

    media_type = "application/json"

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> Any:
        return parsed(_read(stream))


def parsed(raw: bytes) -> Any:
    """JSON without NaN, endless nesting, NUL characters and lone surrogates. Raises ParseError."""
    try:
        data = json.loads(raw.decode("utf-8"), parse_constant=_not_json, parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise ParseError(f"The body is not JSON: {str(error)[:120]}") from error
    if b"\\u" in raw:
        _require_storable(data)
    return data


def _read(stream: IO[bytes]) -> bytes:
    limit: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    raw = stream.read(limit + 1)
    if len(raw) > limit:
        raise TooLarge(f"A JSON body may have {limit} bytes at most.")
    return raw


def _not_json(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _integer(digits: str) -> int:
    if len(digits) > _MAX_INTEGER_DIGITS:
        raise ValueError(f"a whole number has more than {_MAX_INTEGER_DIGITS} digits")
    return int(digits)


def _require_storable(data: Any) -> None:
    text = json.dumps(data, ensure_ascii=False)
    if "\\u0000" in text.replace("\\\\", ""):
        raise ParseError("Text may not contain NUL characters.")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ParseError("Text may not contain lone surrogates.") from error
