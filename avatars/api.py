"""REST: voices. Avatars are in avatars/rest/."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest.views import WorkspaceView
from avatars.selectors import voices_available


class VoiceSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()
    language = serializers.CharField(help_text="BCP 47.")
    gender = serializers.ChoiceField(choices=["female", "male", "neutral"])
    engine = serializers.CharField()
    licence = serializers.CharField()
    available = serializers.BooleanField()
    needs = serializers.CharField(allow_null=True, help_text="What to do while it is not available.")


class VoiceList(WorkspaceView):
    scopes = {"GET": "avatars:read"}

    @extend_schema(responses=VoiceSerializer(many=True), operation_id="voices_list")
    def get(self, request: Request) -> Response:
        """Every voice, with what it needs where it can't speak yet."""
        return Response(VoiceSerializer(voices_available(), many=True).data)
