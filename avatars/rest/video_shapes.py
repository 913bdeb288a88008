"""The shapes of videos on the REST API, with examples that the tests run."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import ParseError

from accounts.rest.parsing import parsed
from accounts.rest.shapes import FiniteFloatField, StrictSerializer
from avatars.face import EMOTIONS
from avatars.looks import NEUTRAL
from avatars.presets import Staging
from avatars.videos.models import VideoState
from avatars.videos.services.asking import MOST_CHARACTERS, MOST_CUES
from avatars.videos.wish import MOST_SECONDS, EmotionCue, VideoWish

FORMATS = ("webm", "mp4")
_LEAST_SIDE, _MOST_SIDE = 64, 1920


class EmotionCueIn(StrictSerializer):
    name = serializers.ChoiceField(choices=EMOTIONS)
    intensity = FiniteFloatField(min_value=0, max_value=1, default=0.7)
    at_ms = serializers.IntegerField(min_value=0, required=False, help_text="From here on, in ms of speech.")
    at_text = serializers.IntegerField(min_value=0, required=False, help_text="Or from the word at this character of the script.")


@extend_schema_serializer(
    component_name="NewVideo",
    examples=[
        OpenApiExample(
            "A greeting", request_only=True, value={"avatar": "ada", "script": "Hello! It is lovely to meet you, face to face."}
        ),
        OpenApiExample(
            "For a phone, with captions and a change of mood",
            request_only=True,
            value={
                "title": "Opening hours",
                "avatar": "ada",
                "script": "We are closed today. But tomorrow we are back!",
                "emotions": [{"name": "sad", "at_ms": 0}, {"name": "happy", "intensity": 0.9, "at_text": 21}],
                "width": 540,
                "height": 960,
                "fps": 30,
                "format": "mp4",
                "captions": "burned",
                "background": "#e8f4f1",
            },
        ),
    ],
)
class VideoIn(StrictSerializer):
    avatar = serializers.CharField(
        max_length=40,
        required=False,
        default="",
        allow_blank=True,
        help_text="An avatar's id: GET /api/v1/avatars. Only a preset may spare it.",
    )
    preset = serializers.CharField(
        max_length=60,
        required=False,
        default="",
        allow_blank=True,
        help_text="A preset's name or id: its avatar, voice, rate, emotion, framing and background, unless they are named here.",
    )
    script = serializers.CharField(
        max_length=MOST_CHARACTERS, trim_whitespace=False, required=False, default="", allow_blank=True
    )
    title = serializers.CharField(max_length=120, required=False, default="", allow_blank=True)
    voice = serializers.CharField(
        max_length=60, required=False, default="", allow_blank=True, help_text="A voice's id; default: the avatar's own."
    )
    transcript = serializers.CharField(
        max_length=MOST_CHARACTERS,
        required=False,
        default="",
        allow_blank=True,
        help_text="What a recording says, in the language of the voice: its captions are timed by it.",
    )
    rate = FiniteFloatField(min_value=0.5, max_value=2.0, required=False, help_text="Times the voice's own pace; default: 1.")
    emotions = EmotionCueIn(many=True, required=False, default=list, help_text=f"{MOST_CUES} at most.")
    background = serializers.CharField(
        max_length=40,
        required=False,
        default="",
        allow_blank=True,
        help_text="`#rrggbb` or the id of an asset; default: the avatar's own.",
    )
    width = serializers.IntegerField(
        min_value=_LEAST_SIDE, max_value=_MOST_SIDE, default=512, help_text="Even; 1920 × 1080 pixels in all at most."
    )
    height = serializers.IntegerField(min_value=_LEAST_SIDE, max_value=_MOST_SIDE, default=512)
    fps = serializers.IntegerField(min_value=10, max_value=60, default=25)
    format = serializers.ChoiceField(choices=FORMATS, default="webm", help_text="VP9 and Opus, or H.264 and AAC.")
    captions = serializers.ChoiceField(
        choices=["none", "burned", "vtt"], default="none", help_text="Part of the picture, or a WebVTT file with timed words."
    )
    disclosure = serializers.BooleanField(
        required=False, allow_null=True, default=None, help_text="Say in the picture that it is AI-generated. Free plan: default."
    )
    disclosure_text = serializers.CharField(
        max_length=60, required=False, default="", allow_blank=True, help_text="The words of the disclosure."
    )
    alpha = serializers.BooleanField(default=False, help_text="A transparent background; WebM only.")


@extend_schema_serializer(
    component_name="NewVideoUpload",
    examples=[
        OpenApiExample(
            "An avatar says a recording",
            request_only=True,
            media_type="multipart/form-data",
            value={"video": '{"avatar": "ada", "title": "Welcome"}', "audio": "hello.wav"},
        )
    ],
)
class VideoUploadIn(StrictSerializer):
    """A video whose avatar says a recording."""

    video = serializers.CharField(help_text="The fields of NewVideo as JSON, without a script.")
    audio = serializers.FileField(use_url=False, help_text=f"WAV, MP3, Ogg, M4A, WebM, FLAC; {MOST_SECONDS // 60} min at most.")

    def validate_video(self, text: str) -> dict[str, Any]:
        """As VideoIn checks it."""
        try:
            form = VideoIn(data=parsed(text.encode()))
        except ParseError as error:
            raise serializers.ValidationError(str(error.detail).replace("The body", "This", 1)) from error
        form.is_valid(raise_exception=True)
        return dict(form.validated_data)


class ProgressOut(serializers.Serializer[Any]):
    percent = serializers.IntegerField(help_text="0–100 of the whole.")
    stage = serializers.ChoiceField(choices=VideoState.choices)
    seconds_left = serializers.IntegerField(allow_null=True, help_text="Null while nothing is known.")


class VideoErrorOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()
    hint = serializers.CharField(help_text="What to do about it.")


class VideoFilesOut(serializers.Serializer[Any]):
    """Signed addresses that hold for a while; null for what the video has not."""

    video_url = serializers.CharField(allow_null=True)
    thumbnail_url = serializers.CharField(allow_null=True)
    captions_url = serializers.CharField(allow_null=True)
    manifest_url = serializers.CharField(allow_null=True)


@extend_schema_serializer(component_name="Video")
class VideoOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    title = serializers.CharField()
    state = serializers.ChoiceField(choices=VideoState.choices)
    progress = ProgressOut()
    avatar = serializers.CharField()
    voice = serializers.CharField(allow_blank=True)
    script = serializers.CharField(allow_blank=True)
    transcript = serializers.CharField(allow_blank=True)
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    fps = serializers.IntegerField()
    format = serializers.ChoiceField(choices=FORMATS)
    captions = serializers.ChoiceField(choices=["none", "burned", "vtt"])
    background = serializers.CharField(allow_blank=True)
    disclosure_text = serializers.CharField(allow_blank=True, help_text="Empty where the picture says nothing of it.")
    alpha = serializers.BooleanField()
    duration_ms = serializers.IntegerField(help_text="0 until it is known.")
    size_bytes = serializers.IntegerField()
    from_cache = serializers.BooleanField(help_text="The same video had been made before: this one costs nothing.")
    error = VideoErrorOut(allow_null=True)
    files = VideoFilesOut()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


def wish_of(fields: dict[str, Any], staging: Staging, label: str) -> VideoWish:
    """The wish of VideoIn's fields, with what `staging` says where they say nothing; `label` is what the picture says of
    its making."""
    cues = tuple(EmotionCue(**cue) for cue in fields["emotions"])
    if not cues and staging.emotion != NEUTRAL:
        cues = (EmotionCue(name=staging.emotion, intensity=staging.intensity, at_ms=0),)
    named = {name: fields[name] for name in ("script", "transcript", "width", "height", "fps", "format", "captions", "alpha")}
    return VideoWish(
        avatar=staging.avatar,
        voice=staging.voice,
        rate=fields.get("rate", staging.rate),
        emotions=cues,
        background=staging.background,
        framing=staging.framing,
        gaze=staging.gaze,
        label=label,
        **named,
    )
