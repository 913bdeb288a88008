"""Words for the OpenAPI document that every room uses: pages of things, and problems by status."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema_serializer, inline_serializer
from rest_framework import serializers

_MEANINGS = {
    400: "Something in the request is not valid",
    401: "No credentials, or bad ones",
    402: "The workspace has used up what its plan includes",
    403: "The role or key does not allow this",
    404: "No such object in this workspace",
    409: "The object is not in a state that allows this",
    410: "This no longer exists",
    413: "The body is too large",
    415: "The body is of a kind that this address does not take",
    422: "The Idempotency-Key was used with another request",
    429: "Too many requests; wait for Retry-After",
    503: "Not now: something that is needed is missing, or too much is being computed",
}


@extend_schema_serializer(component_name="Problem")
class ProblemOut(serializers.Serializer[Any]):
    """RFC 9457, with a machine code, a hint and the request's id."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    request_id = serializers.CharField()
    hint = serializers.CharField(required=False)


def problems(*statuses: int) -> dict[Any, OpenApiResponse]:
    """`responses` entries of extend_schema for errors of these statuses."""
    return {
        (status, "application/problem+json"): OpenApiResponse(ProblemOut, description=_MEANINGS[status]) for status in statuses
    }


def paged(item: type[serializers.BaseSerializer[Any]]) -> serializers.Serializer[Any]:
    """The shape of one page of `item`s, named after it: KeyOut → KeyPage, SessionSerializer → SessionPage."""
    fields = {
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
        "results": item(many=True),
    }
    name = item.__name__.removesuffix("Out").removesuffix("Serializer")
    page: serializers.Serializer[Any] = inline_serializer(f"{name}Page", fields)
    return page
