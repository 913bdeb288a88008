"""REST: what this installation is and can do."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest.documents import problems
from accounts.rest.views import WorkspaceView
from accounts.scopes import ANY
from avatars.info import info


class FormatsOut(serializers.Serializer[Any]):
    speech = serializers.ListField(child=serializers.CharField())
    lipsync = serializers.ListField(child=serializers.CharField())
    audio_upload = serializers.ListField(child=serializers.CharField())
    assets = serializers.ListField(child=serializers.CharField())


class LimitsOut(serializers.Serializer[Any]):
    text_characters = serializers.IntegerField()
    audio_upload_bytes = serializers.IntegerField()
    audio_upload_ms = serializers.IntegerField()
    asset_bytes = serializers.IntegerField()
    asset_pixels = serializers.IntegerField()
    lipsync_fps = serializers.IntegerField()
    session_seconds = serializers.IntegerField()


@extend_schema_serializer(
    component_name="Info",
    examples=[
        OpenApiExample(
            "An installation",
            response_only=True,
            value={
                "name": "Visavis",
                "version": "0.1.0",
                "api_version": "1",
                "avatars": 5,
                "voices": 70,
                "voices_available": 43,
                "features": ["sessions", "speech", "lipsync_text", "presets", "assets", "lipsync_audio"],
                "emotions": ["neutral", "happy"],
                "visemes": ["sil", "PP"],
                "formats": {
                    "speech": ["wav", "pcm16"],
                    "lipsync": ["visemes", "weights", "stream"],
                    "audio_upload": ["wav", "pcm16"],
                    "assets": ["image/jpeg", "image/png", "image/webp"],
                },
                "limits": {
                    "text_characters": 5000,
                    "audio_upload_bytes": 33_554_432,
                    "audio_upload_ms": 300_000,
                    "asset_bytes": 10_485_760,
                    "asset_pixels": 16_777_216,
                    "lipsync_fps": 120,
                    "session_seconds": 3600,
                },
            },
        )
    ],
)
class InfoOut(serializers.Serializer[Any]):
    """What this installation is and can do."""

    name = serializers.CharField()
    version = serializers.CharField()
    api_version = serializers.CharField()
    avatars = serializers.IntegerField(help_text="That the workspace can show now.")
    voices = serializers.IntegerField()
    voices_available = serializers.IntegerField(help_text="Those that can speak here now.")
    features = serializers.ListField(child=serializers.CharField())
    emotions = serializers.ListField(child=serializers.CharField())
    visemes = serializers.ListField(child=serializers.CharField())
    formats = FormatsOut()
    limits = LimitsOut()


class InfoView(WorkspaceView):
    """What can be used here."""

    scopes = {"GET": ANY}

    @extend_schema(operation_id="getInfo", tags=["About"], responses={200: InfoOut, **problems(401, 429)})
    def get(self, request: Request) -> Response:
        """Name and version, what there is, limits and formats."""
        return Response(InfoOut(info()).data)
