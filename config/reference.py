"""The API reference page: the OpenAPI description of this installation, flattened into rows that a template can show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator

Schema = Mapping[str, Any]
_METHODS = ("get", "post", "put", "patch", "delete")
_PREFIX = "/api/v1/"
_DEEPEST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A parameter, or a field of a body; nested ones have dotted names, list items end in []."""

    name: str
    type: str
    required: bool
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A status with its meaning; `fields` is empty where there is no body, or an error's."""

    status: str
    description: str
    fields: list[Field]

    @property
    def is_error(self) -> bool:
        return self.status[0] in "45"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One call."""

    anchor: str
    method: str
    path: str
    description: str
    parameters: list[Field]
    body: list[Field]
    answers: list[Answer]

    @property
    def summary(self) -> str:
        """The first sentence."""
        return self.description.split("; ")[0].split(". ")[0].rstrip(".")

    @property
    def successes(self) -> list[Answer]:
        return [answer for answer in self.answers if not answer.is_error]

    @property
    def errors(self) -> list[Answer]:
        return [answer for answer in self.answers if answer.is_error]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The calls about one kind of thing."""

    title: str
    operations: list[Operation]


@cache
def reference() -> tuple[Group, ...]:
    """Every public call, grouped by what it is about; made once in a process."""
    return groups(description())


def description() -> Schema:
    """The OpenAPI 3.1 description of every public call."""
    made: Schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return made


def groups(schema: Schema) -> tuple[Group, ...]:
    """An OpenAPI 3.1 description as groups, in the order of its paths."""
    found: dict[str, list[Operation]] = {}
    for path, methods in schema["paths"].items():
        title = path.removeprefix(_PREFIX).lstrip("/").split("/")[0].replace("-", " ").replace("_", " ").capitalize()
        calls = [_operation(schema, path, method, methods[method]) for method in _METHODS if method in methods]
        found.setdefault(title, []).extend(calls)
    return tuple(Group(title=title, operations=calls) for title, calls in found.items())


def _operation(schema: Schema, path: str, method: str, call: Schema) -> Operation:
    return Operation(
        anchor=f"{method}-{path.removeprefix(_PREFIX)}".translate(str.maketrans("/", "-", "{}")),
        method=method.upper(),
        path=path,
        description=call.get("description", ""),
        parameters=[_parameter(schema, one) for one in call.get("parameters", [])],
        body=list(_fields(schema, _content(call.get("requestBody", {})))),
        answers=[_answer(schema, status, one) for status, one in sorted(call["responses"].items())],
    )


def _parameter(schema: Schema, parameter: Schema) -> Field:
    return Field(
        name=parameter["name"],
        type=f"{_type(schema, parameter.get('schema', {}))}, in the {parameter['in']}",
        required=parameter.get("required", False),
        description=parameter.get("description", ""),
    )


def _answer(schema: Schema, status: str, answer: Schema) -> Answer:
    is_error = status[0] in "45"
    fields = [] if is_error else list(_fields(schema, _content(answer)))
    return Answer(status=status, description=answer.get("description", ""), fields=fields)


def _content(holder: Schema) -> Schema:
    contents = list(holder.get("content", {}).values())
    return contents[0].get("schema", {}) if contents else {}


def _fields(schema: Schema, shape: Schema, prefix: str = "", depth: int = 0) -> Iterator[Field]:
    shape = _resolved(schema, shape)
    if shape.get("type") == "array":
        yield from _fields(schema, shape.get("items", {}), f"{prefix}[]", depth)
        return
    required = set(shape.get("required", []))
    for name, inner in shape.get("properties", {}).items():
        full = f"{prefix}.{name}" if prefix else name
        resolved = _resolved(schema, inner)
        yield Field(name=full, type=_type(schema, inner), required=name in required, description=_description(inner, resolved))
        if depth < _DEEPEST:
            yield from _fields(schema, resolved, full, depth + 1)


def _description(shape: Schema, resolved: Schema) -> str:
    """What a person wrote; the generated list of an enum's values (`* `a` - A`) repeats the type."""
    text: str = shape.get("description") or resolved.get("description", "")
    return text.split("* `", 1)[0].strip() if "enum" in resolved else text


def _resolved(schema: Schema, shape: Schema) -> Schema:
    """Follow references, and see through the wrappers that say `nullable` or carry a description."""
    while True:
        options = [one for key in ("allOf", "oneOf", "anyOf") for one in shape.get(key, []) if one.get("type") != "null"]
        if "$ref" in shape:
            shape = schema["components"]["schemas"][shape["$ref"].rsplit("/", 1)[-1]]
        elif options and "properties" not in shape:
            shape = options[0]
        else:
            return shape


def _type(schema: Schema, shape: Schema) -> str:
    resolved = _resolved(schema, shape)
    if "enum" in resolved:
        return " | ".join(str(value) for value in resolved["enum"] if value not in (None, ""))
    kind = resolved.get("type", "any")
    names = [kind] if isinstance(kind, str) else list(kind)
    if "array" in names:
        return f"list of {_type(schema, resolved.get('items', {}))}"
    known = {"uuid": "UUID", "date-time": "time (ISO 8601)", "date": "date", "uri": "URL", "email": "e-mail address"}
    return " or ".join(known.get(resolved.get("format", ""), name) if name == "string" else name for name in names)
