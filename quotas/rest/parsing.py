"""What every view of this room does with a request: read its body or its query strictly, or refuse it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request

KEY = OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER, description="Repeat a request safely for 24 hours.")


def body_of(shape: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """The request's body, validated; raises ValidationError."""
    return _checked(shape, request.data)


def query_of(shape: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """The request's query, validated; raises ValidationError. Of a name that is given twice the last value counts."""
    return _checked(shape, request.query_params.dict())


def _checked(shape: type[serializers.Serializer[Any]], data: Any) -> dict[str, Any]:
    form = shape(data=data)
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)
