"""The shapes of speech and lips on the REST API, with examples that the tests run."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from accounts.rest.shapes import FiniteFloatField, StrictSerializer
from avatars.blocks.lips import MOST_FPS
from avatars.blocks.recording import MOST_SECONDS
from avatars.blocks.speaking import FASTEST, MOST_CHARACTERS, SLOWEST
from avatars.face import CHANNELS, EMOTIONS, VISEMES
from avatars.voice import DEFAULT_VOICE, SAMPLE_RATE

SOUNDS = ("wav", "pcm16", "opus", "mp3")
UPLOADS = ("auto", "wav", "pcm16", "opus", "mp3")
OUTPUTS = ("visemes", "weights", "stream")


@extend_schema_serializer(
    component_name="NewSpeech",
    examples=[
        OpenApiExample("A greeting", request_only=True, value={"text": "Hello! It is lovely to meet you."}),
        OpenApiExample(
            "Slower, as raw samples",
            request_only=True,
            value={"text": "Please mind the gap.", "voice": DEFAULT_VOICE, "rate": 0.8, "format": "pcm16"},
        ),
        OpenApiExample("As Opus", request_only=True, value={"text": "Please mind the gap.", "format": "opus"}),
    ],
)
class SpeechIn(StrictSerializer):
    text = serializers.CharField(max_length=MOST_CHARACTERS, trim_whitespace=False)
    voice = serializers.CharField(max_length=60, default=DEFAULT_VOICE, help_text="A voice's id: GET /api/v1/voices.")
    rate = FiniteFloatField(min_value=SLOWEST, max_value=FASTEST, default=1.0, help_text="Times the voice's own pace.")
    format = serializers.ChoiceField(
        choices=SOUNDS,
        default="wav",
        help_text="Of the sound in JSON: 16-bit mono at 24 kHz with or without a WAV header, Opus in Ogg, or MP3.",
    )


class SpanOut(serializers.Serializer[Any]):
    start_ms = serializers.IntegerField(help_text="On the sound's clock.")
    end_ms = serializers.IntegerField()


@extend_schema_serializer(component_name="TimedWord")
class WordOut(SpanOut):
    text = serializers.CharField(help_text="As in the text, with its punctuation.")


@extend_schema_serializer(component_name="TimedPhoneme")
class PhonemeOut(SpanOut):
    ipa = serializers.CharField(help_text="One IPA sound, a stress mark in front of a stressed vowel.")


@extend_schema_serializer(component_name="TimedViseme")
class VisemeOut(SpanOut):
    viseme = serializers.ChoiceField(choices=VISEMES, help_text="Of the 15 Oculus visemes.")


@extend_schema_serializer(component_name="Sound")
class SoundOut(serializers.Serializer[Any]):
    format = serializers.ChoiceField(choices=SOUNDS)
    base64 = serializers.CharField()


@extend_schema_serializer(component_name="Speech")
class SpeechOut(serializers.Serializer[Any]):
    """Sound and when each word, phoneme and mouth shape of it begins and ends."""

    voice = serializers.CharField()
    characters = serializers.IntegerField(help_text="What was charged.")
    duration_ms = serializers.IntegerField()
    sample_rate = serializers.ChoiceField(choices=[SAMPLE_RATE])
    words = WordOut(many=True)
    phonemes = PhonemeOut(many=True, help_text="Between two of them may be a pause.")
    visemes = VisemeOut(many=True, help_text="Without gaps; `sil` is a pause.")
    audio = SoundOut()


class MannerIn(StrictSerializer):
    """How the face speaks, and as what it is wanted."""

    output = serializers.ChoiceField(
        choices=OUTPUTS,
        default="visemes",
        help_text="`visemes` and `weights` are JSON, `stream` is binary: docs/building-blocks.md.",
    )
    fps = serializers.IntegerField(min_value=1, max_value=MOST_FPS, default=30)
    emotion = serializers.ChoiceField(choices=EMOTIONS, default="neutral")
    intensity = FiniteFloatField(min_value=0, max_value=1, default=0.7)
    seed = serializers.IntegerField(
        min_value=0, max_value=2**32 - 1, default=0, help_text="Of blinks, gaze and nods: the same seed gives the same face."
    )


@extend_schema_serializer(
    component_name="NewLipsync",
    examples=[
        OpenApiExample("Mouth shapes of a text", request_only=True, value={"text": "Good morning!"}),
        OpenApiExample(
            "A happy face, 25 frames a second",
            request_only=True,
            value={"text": "Good morning!", "output": "weights", "fps": 25, "emotion": "happy", "seed": 7},
        ),
        OpenApiExample("As the binary stream", request_only=True, value={"text": "Good morning!", "output": "stream"}),
    ],
)
class LipsyncIn(MannerIn):
    text = serializers.CharField(max_length=MOST_CHARACTERS, trim_whitespace=False)
    voice = serializers.CharField(max_length=60, default=DEFAULT_VOICE, help_text="Whose times it has: GET /api/v1/voices.")
    rate = FiniteFloatField(min_value=SLOWEST, max_value=FASTEST, default=1.0)


@extend_schema_serializer(
    component_name="NewLipsyncUpload",
    examples=[
        OpenApiExample(
            "Mouth shapes of a recording", request_only=True, media_type="multipart/form-data", value={"audio": "hello.wav"}
        ),
        OpenApiExample(
            "A happy face for it",
            request_only=True,
            media_type="multipart/form-data",
            value={"audio": "hello.wav", "format": "wav", "output": "weights", "fps": 25, "emotion": "happy"},
        ),
    ],
)
class LipsyncUploadIn(MannerIn):
    audio = serializers.FileField(help_text=f"At most {MOST_SECONDS} s.")
    format = serializers.ChoiceField(
        choices=UPLOADS,
        default="auto",
        help_text="`auto`: by its first bytes, WAV, Opus (in Ogg or WebM) or MP3; `pcm16` is bare 16-bit mono at 24 kHz.",
    )


@extend_schema_serializer(component_name="VisemeTrack")
class VisemesOut(serializers.Serializer[Any]):
    """Mouth shapes in time."""

    duration_ms = serializers.IntegerField()
    visemes = VisemeOut(many=True, help_text="Without gaps; `sil` is a pause.")


@extend_schema_serializer(component_name="WeightTrack")
class WeightsOut(serializers.Serializer[Any]):
    """A face in time: 52 ARKit weights (0–1), then head yaw, pitch, roll and gaze x, y in degrees."""

    fps = serializers.IntegerField()
    channels = serializers.ListField(child=serializers.ChoiceField(choices=CHANNELS), help_text="What the numbers are.")
    frames = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField()), help_text="57 numbers a frame; frame i is at i / fps s."
    )
    frame_count = serializers.IntegerField()
