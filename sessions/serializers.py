"""The shapes of sessions on the REST API."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework import serializers

from accounts.origins import clean_origin
from accounts.rest.shapes import FiniteFloatField, StrictSerializer
from avatars.blocks.models import Framing
from sessions import video
from sessions.look import SessionLook
from sessions.models import AvatarSession, SessionEvent, SessionState, Turn, TurnState
from sessions.services.turns import MAX_TEXT


class VideoWishSerializer(StrictSerializer):
    """What a client that lets the server draw can show."""

    codecs = serializers.ListField(
        child=serializers.ChoiceField(choices=video.CODECS),
        min_length=1,
        max_length=len(video.CODECS),
        default=["jpeg"],
        help_text="What the client decodes, best first.",
    )
    width = serializers.IntegerField(
        min_value=video.MIN_SIDE, max_value=video.MAX_SIDE, default=video.DEFAULT_SIDE, help_text="Pixels a side."
    )
    fps = serializers.IntegerField(min_value=video.MIN_FPS, max_value=video.MAX_FPS, default=video.DEFAULT_FPS)
    kbps = serializers.IntegerField(
        min_value=video.MIN_KBPS, max_value=video.MAX_KBPS, default=video.DEFAULT_KBPS, help_text="At most, 1000 bit/s."
    )


class SessionCreateSerializer(StrictSerializer):
    avatar = serializers.CharField(max_length=40, required=False, help_text="An avatar's id: GET /api/v1/avatars.")
    voice = serializers.CharField(max_length=60, required=False, help_text="A voice's id; default: the avatar's own.")
    preset = serializers.CharField(
        max_length=60, required=False, help_text="A preset's name or id: it fills in what is not named here."
    )
    origin = serializers.URLField(max_length=200, required=False, help_text="Bind tickets to a page's origin.")
    idle_seconds = serializers.IntegerField(min_value=10, max_value=3600, required=False)
    max_seconds = serializers.IntegerField(min_value=10, max_value=settings.SESSION_MAX_SECONDS, required=False)
    render = serializers.ChoiceField(choices=["client", "server"], default="client", help_text="Who draws the face.")
    video = VideoWishSerializer(required=False, help_text="With `render` `server` alone.")

    def validate_origin(self, origin: str) -> str:
        """As browsers will send it."""
        return clean_origin(origin)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """`render` and `video` become one wish for pictures, or none."""
        if not {"avatar", "preset"} & attrs.keys():
            raise serializers.ValidationError({"avatar": ["Name an avatar, or a preset that has one."]})
        wish, drawn_here = attrs.pop("video", None), attrs.pop("render") == "server"
        if wish is not None and not drawn_here:
            raise serializers.ValidationError({"video": ["Only where 'render' is 'server'."]})
        return attrs | ({"video": _wish(wish or {})} if drawn_here else {})


def _wish(fields: dict[str, Any]) -> video.VideoWish:
    try:
        return video.VideoWish.from_json(fields)
    except ValueError as error:
        raise serializers.ValidationError({"video": [str(error)]}) from error


class TicketCreateSerializer(StrictSerializer):
    role = serializers.ChoiceField(choices=["driver", "viewer"], default="driver")


class TicketSerializer(serializers.Serializer[Any]):
    ticket = serializers.CharField(help_text="Send it as subprotocol `ticket.<ticket>`; works once.")
    url = serializers.CharField(help_text="The websocket's address.")
    expires_at = serializers.DateTimeField()


class EmotionSerializer(StrictSerializer):
    name = serializers.CharField(max_length=20)
    intensity = FiniteFloatField(min_value=0, max_value=1, default=0.7)


class GazeSerializer(serializers.Serializer[Any]):
    """Where the eyes rest, in degrees from straight ahead."""

    x = serializers.IntegerField(help_text="To the avatar's left.")
    y = serializers.IntegerField(help_text="Up.")


class LookSerializer(serializers.Serializer[Any]):
    """What a session started from, by its preset and its avatar's state."""

    emotion = EmotionSerializer()
    rate = serializers.FloatField(help_text="Times the voice's own pace; the rate of a turn counts on top.")
    gaze = GazeSerializer()
    framing = serializers.ChoiceField(choices=Framing.values)
    background = serializers.CharField(allow_null=True, help_text="A colour, or the id of an asset.")

    def to_representation(self, instance: dict[str, Any]) -> dict[str, Any]:
        """Older sessions have none: the usual one."""
        return SessionLook.from_json(instance).shown()


class SessionSerializer(serializers.ModelSerializer[AvatarSession]):
    state = serializers.ChoiceField(choices=SessionState.choices)
    avatar_ms = serializers.IntegerField(source="settled_ms", help_text="Avatar time settled so far, in milliseconds.")
    render = serializers.SerializerMethodField(help_text="Who draws the face: `client` or `server`.")
    video = VideoWishSerializer(read_only=True, allow_null=True)
    look = LookSerializer(read_only=True)

    def get_render(self, session: AvatarSession) -> str:
        """`server` where the session was created so."""
        return "server" if session.video else "client"

    def to_representation(self, instance: AvatarSession) -> dict[str, Any]:
        """`video` is null where the client draws."""
        shown: dict[str, Any] = super().to_representation(instance)
        return shown | {"video": instance.video or None}

    class Meta:
        model = AvatarSession
        fields = (
            "id",
            "state",
            "avatar",
            "voice",
            "render",
            "video",
            "look",
            "seed",
            "idle_seconds",
            "max_seconds",
            "created_at",
            "live_at",
            "ended_at",
            "end_reason",
            "avatar_ms",
        )
        read_only_fields = fields


class NewSessionSerializer(SessionSerializer):
    ticket = TicketSerializer()

    class Meta(SessionSerializer.Meta):
        fields = (*SessionSerializer.Meta.fields, "ticket")  # type: ignore[assignment]


class TurnCreateSerializer(StrictSerializer):
    text = serializers.CharField(max_length=MAX_TEXT, trim_whitespace=False)
    emotion = EmotionSerializer(required=False)
    voice = serializers.CharField(max_length=60, required=False)
    rate = FiniteFloatField(min_value=0.5, max_value=2.0, default=1.0)
    request_id = serializers.CharField(max_length=64, required=False, default="", allow_blank=True)


class TurnSerializer(serializers.ModelSerializer[Turn]):
    state = serializers.ChoiceField(choices=TurnState.choices)
    turn = serializers.IntegerField(source="number")

    class Meta:
        model = Turn
        fields = (
            "turn",
            "request_id",
            "kind",
            "text",
            "voice",
            "state",
            "error",
            "characters",
            "spoken_ms",
            "heard_text",
            "timings",
            "created_at",
            "finished_at",
        )
        read_only_fields = fields


class SessionEventSerializer(serializers.ModelSerializer[SessionEvent]):
    class Meta:
        model = SessionEvent
        fields = ("id", "kind", "data", "created_at")
        read_only_fields = fields
