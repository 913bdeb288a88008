"""Stripe's form encoding and its error objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

Params = dict[str, Any]


@dataclass
class Refusal(Exception):
    """An answer with an error object: https://docs.stripe.com/api/errors."""

    status: int
    kind: str
    message: str
    code: str = ""
    param: str = ""
    decline_code: str = ""
    extra: Params = field(default_factory=dict)

    def body(self) -> Params:
        error: Params = {"type": self.kind, "message": self.message} | self.extra
        optional = {"code": self.code, "param": self.param, "decline_code": self.decline_code}
        return {"error": error | {name: value for name, value in optional.items() if value}}


def invalid(message: str, *, code: str = "", param: str = "", status: int = 400) -> Refusal:
    """`invalid_request_error`."""
    return Refusal(status, "invalid_request_error", message, code=code, param=param)


def decode(text: str) -> Params:
    """`a[b]=1&c[0][d]=2` as nested dictionaries and lists."""
    tree: Params = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        _put(tree, name.replace("]", "").split("["), value)
    return {name: _lists(value) for name, value in tree.items()}


def _put(tree: Params, path: list[str], value: str) -> None:
    for name in path[:-1]:
        tree = tree.setdefault(name, {})
    tree[path[-1] or str(len(tree))] = value


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _lists(part) for name, part in value.items()}
    return list(inner.values()) if inner and all(name.isdigit() for name in inner) else inner


def check(params: Params, *, required: Iterable[str] = (), optional: Iterable[str] = ()) -> None:
    """Refuse what is missing or unknown, as Stripe does."""
    for name in required:
        if params.get(name) in (None, ""):
            raise invalid(f"Missing required param: {name}.", code="parameter_missing", param=name)
    for name in params:
        if name not in {*required, *optional, "expand"}:
            raise invalid(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)


def whole(params: Params, name: str) -> int:
    """A whole number."""
    try:
        return int(params[name])
    except ValueError:
        raise invalid(f"Invalid integer: {params[name]}", code="parameter_invalid_integer", param=name) from None


def public(row: Mapping[str, Any]) -> Params:
    """What is shown of an object: not what the simulator notes for itself."""
    return {name: value for name, value in row.items() if not name.startswith("_")}
