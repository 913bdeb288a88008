"""The shapes of speech and lips on the REST API, with examples that the tests run."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from avatars.blocks.speaking import FASTEST, MOST_CHARACTERS, SLOWEST
from avatars.face import VISEMES
from avatars.rest.fields import FiniteFloatField
from avatars.voice import DEFAULT_VOICE, SAMPLE_RATE
from quotas.rest.parsing import StrictSerializer

SOUNDS = ("wav", "pcm16")


@extend_schema_serializer(
    component_name="NewSpeech",
    examples=[
        OpenApiExample("A greeting", request_only=True, value={"text": "Hello! It is lovely to meet you."}),
        OpenApiExample(
            "Slower, as raw samples",
            request_only=True,
            value={"text": "Please mind the gap.", "voice": DEFAULT_VOICE, "rate": 0.8, "format": "pcm16"},
        ),
    ],
)
class SpeechIn(StrictSerializer):
    text = serializers.CharField(max_length=MOST_CHARACTERS, trim_whitespace=False)
    voice = serializers.CharField(max_length=60, default=DEFAULT_VOICE, help_text="A voice's id: GET /api/v1/voices.")
    rate = FiniteFloatField(min_value=SLOWEST, max_value=FASTEST, default=1.0, help_text="Times the voice's own pace.")
    format = serializers.ChoiceField(
        choices=SOUNDS, default="wav", help_text="Of the sound in JSON: 16-bit mono at 24 kHz, with or without a WAV header."
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
