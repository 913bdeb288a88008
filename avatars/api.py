"""REST: whom a session can show and hear."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest.views import WorkspaceView
from avatars.selectors import avatars_available, voices_available


class AvatarSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    kind = serializers.CharField(help_text="Where it is drawn: `head3d` is drawn in the browser.")
    asset_url = serializers.CharField(help_text="The head as GLB, relative to the site.")
    portrait_url = serializers.CharField()
    default_voice = serializers.CharField()


class VoiceSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()
    language = serializers.CharField(help_text="BCP 47.")
    gender = serializers.ChoiceField(choices=["female", "male", "neutral"])
    engine = serializers.CharField()
    licence = serializers.CharField()
    available = serializers.BooleanField()
    needs = serializers.CharField(allow_null=True, help_text="What to do while it is not available.")


class AvatarList(WorkspaceView):
    scopes = {"GET": "avatars:read"}

    @extend_schema(responses=AvatarSerializer(many=True), operation_id="avatars_list")
    def get(self, request: Request) -> Response:
        """Every avatar that a session can show."""
        return Response(AvatarSerializer(avatars_available(), many=True).data)


class VoiceList(WorkspaceView):
    scopes = {"GET": "avatars:read"}

    @extend_schema(responses=VoiceSerializer(many=True), operation_id="voices_list")
    def get(self, request: Request) -> Response:
        """Every voice, with what it needs where it can't speak yet."""
        return Response(VoiceSerializer(voices_available(), many=True).data)
