"""REST: building blocks without a session. Text becomes timed speech, speech becomes lips; nothing is kept."""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import asdict
from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from accounts.rest.documents import problems
from accounts.rest.views import WorkspaceView
from avatars.blocks.metering import Customer
from avatars.blocks.sound import base64_pieces, pcm_bytes, wav_header
from avatars.blocks.speaking import Utterance, clauses, spoken, visemes
from avatars.rest.block_shapes import SpeechIn, SpeechOut
from avatars.rest.renderers import PcmRenderer, WavRenderer
from avatars.rest.streams import streamed
from avatars.voice import SAMPLE_RATE, SpeechChunk
from quotas.rest.parsing import body_of

_TAGS = ["Building blocks"]


class SpeechView(WorkspaceView):
    """Text to speech."""

    scopes = {"POST": "sessions:write"}
    holds_scope = False
    renderer_classes = [JSONRenderer, WavRenderer, PcmRenderer]

    @extend_schema(
        operation_id="createSpeech",
        tags=_TAGS,
        request=SpeechIn,
        responses={
            (200, "application/json"): SpeechOut,
            (200, "audio/wav"): OpenApiTypes.BINARY,
            (200, "audio/pcm"): OpenApiTypes.BINARY,
            **problems(400, 401, 402, 403, 409, 429),
        },
    )
    def post(self, request: Request) -> StreamingHttpResponse:
        """Speak a text. JSON has the sound with the times of words, phonemes and visemes; with `Accept: audio/wav` or
        `audio/pcm` the sound alone is sent while it is made. Charged by character, nothing where it fails."""
        wish = body_of(SpeechIn, request)
        form = wish.pop("format")
        kind = getattr(request.accepted_renderer, "format", "json")
        if kind == "json":
            return streamed(request, _speech_json(customer_of(self), Utterance(**wish), form), "application/json")
        return streamed(request, _sound(customer_of(self), Utterance(**wish), kind), f"audio/{kind.removesuffix('16')}")


def customer_of(view: WorkspaceView) -> Customer:
    """Who pays for what `view` does."""
    return Customer(workspace_id=view.access.workspace_id, api_key_id=view.access.api_key_id)


def _speech_json(customer: Customer, utterance: Utterance, form: str) -> Generator[bytes]:
    """All is made before the first piece; the sound, megabytes of a long text, is never one string."""
    chunks = spoken(customer, utterance)
    facts: dict[str, Any] = {
        "voice": utterance.voice,
        "characters": len(utterance.text),
        "duration_ms": sum(chunk.duration_ms for chunk in chunks),
        "sample_rate": SAMPLE_RATE,
        "words": [asdict(word) for chunk in chunks for word in chunk.words],
        "phonemes": [asdict(phoneme) for chunk in chunks for phoneme in chunk.phonemes],
        "visemes": [asdict(viseme) for viseme in visemes(chunks)],
    }
    yield json.dumps(facts, ensure_ascii=False)[:-1].encode() + f', "audio": {{"format": "{form}", "base64": "'.encode()
    for piece in base64_pieces(_parts(chunks, form)):
        yield piece.encode()
    yield b'"}}'


def _parts(chunks: Sequence[SpeechChunk], form: str) -> Generator[bytes]:
    if form == "wav":
        yield wav_header(2 * sum(len(chunk.pcm) for chunk in chunks))
    for chunk in chunks:
        yield pcm_bytes(chunk.pcm)


def _sound(customer: Customer, utterance: Utterance, kind: str) -> Generator[bytes]:
    opening = wav_header() if kind == "wav" else b""
    with closing(clauses(customer, utterance)) as made:
        for chunk in made:
            yield opening + pcm_bytes(chunk.pcm)
            opening = b""
