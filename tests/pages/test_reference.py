"""The API reference: complete, and true to the OpenAPI description."""

from __future__ import annotations

import pytest
from django.test import Client

from config.reference import Field, description, groups, reference
from tests.pages.html import Page

UUID = {"type": "string", "format": "uuid"}
SCHEMA = {
    "paths": {
        "/api/v1/things/{thing_id}": {
            "get": {
                "description": "One thing; 404 for strangers.",
                "parameters": [{"name": "thing_id", "in": "path", "required": True, "schema": UUID}],
                "responses": {
                    "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
                    "404": {"description": "No such thing"},
                },
            }
        }
    },
    "components": {
        "schemas": {
            "Thing": {
                "type": "object",
                "required": ["id"],
                "properties": {
                    "id": {"type": "string", "format": "uuid"},
                    "colour": {"oneOf": [{"$ref": "#/components/schemas/Colour"}, {"type": "null"}]},
                    "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Part"}},
                },
            },
            "Colour": {"enum": ["red", "teal"], "type": "string", "description": "* `red` - Red\n* `teal` - Teal"},
            "Part": {"type": "object", "properties": {"size": {"type": ["integer", "null"], "description": "In mm."}}},
        }
    },
}


def test_it_flattens_what_a_call_takes_and_gives() -> None:
    (group,) = groups(SCHEMA)
    (call,) = group.operations
    assert (group.title, call.method, call.anchor) == ("Things", "GET", "get-things-thing_id")
    assert call.summary == "One thing"
    assert call.parameters == [Field(name="thing_id", type="UUID, in the path", required=True, description="")]
    (answer,) = call.successes
    assert [(field.name, field.type, field.required) for field in answer.fields] == [
        ("id", "UUID", True),
        ("colour", "red | teal", False),
        ("parts", "list of object", False),
        ("parts[].size", "integer or null", False),
    ]
    assert [field.description for field in answer.fields] == ["", "", "", "In mm."]
    assert [error.status for error in call.errors] == ["404"]


def test_it_stops_at_shapes_that_hold_themselves() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}}}
    answer = {"200": {"content": {"application/json": {"schema": node}}}}
    schema = {"paths": {"/api/v1/nodes": {"get": {"responses": answer}}}, "components": {"schemas": {"Node": node}}}
    assert len(groups(schema)[0].operations[0].answers[0].fields) < 10


def test_it_describes_every_public_call() -> None:
    schema = description()
    described = {(call.method.lower(), call.path) for group in reference() for call in group.operations}
    assert described == {(method, path) for path, methods in schema["paths"].items() for method in methods}
    anchors = [call.anchor for group in reference() for call in group.operations]
    assert len(anchors) == len(set(anchors))


@pytest.mark.django_db
def test_it_shows_the_call_that_starts_everything(bob_client: Client) -> None:
    page = Page(bob_client.get("/developers/reference").content.decode())
    call = next(one for one in page.all("details") if one.attributes.get("id") == "post-sessions")
    for word in ("avatar", "voice", "ticket.ticket", "Idempotency-Key"):
        assert word in call.text


@pytest.mark.django_db
@pytest.mark.django_db
def test_it_offers_swagger_ui_without_inline_scripts(bob_client: Client, client: Client) -> None:
    for visitor in (bob_client, client):
        answer = visitor.get("/api/docs")
        assert answer.status_code == 200
        page = answer.content.decode()
        assert "swagger-ui-bundle.js" in page
        assert "<script>" not in page
