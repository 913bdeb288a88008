"""REST: building blocks without a session. Text becomes timed speech, speech becomes lips; nothing is kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from typing import Any

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest.documents import problems
from accounts.rest.parsing import StrictJSONParser
from accounts.rest.views import WorkspaceView
from avatars.blocks.hearing import MOST_BYTES, heard_clauses, heard_visemes, recording_of
from avatars.blocks.lips import Manner, face_stream, tracks, weights_json, whole
from avatars.blocks.metering import Customer
from avatars.blocks.sound import base64_pieces, pcm_bytes, wav_header
from avatars.blocks.speaking import TimedViseme, Utterance, clauses, spoken, visemes
from avatars.face import FaceTrack
from avatars.rest.block_shapes import LipsyncIn, LipsyncUploadIn, SpeechIn, SpeechOut, VisemesOut, WeightsOut
from avatars.rest.bodies import check_length, media_type_of
from avatars.rest.renderers import FaceRenderer, PcmRenderer, WavRenderer
from avatars.rest.streams import streamed
from avatars.voice import SAMPLE_RATE, SpeechChunk
from quotas.rest.parsing import body_of

_TAGS = ["Building blocks"]
_LIPS = PolymorphicProxySerializer(
    component_name="LipsyncAnswer", serializers=[VisemesOut, WeightsOut], resource_type_field_name=None
)
_AS: Mapping[str, Callable[[Iterator[FaceTrack], Manner], Generator[bytes]]] = {"weights": weights_json, "stream": face_stream}
_TYPES = {"weights": "application/json", "stream": "application/octet-stream"}


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
            **problems(400, 401, 402, 403, 409, 429, 503),
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


class LipsyncView(WorkspaceView):
    """Speech to lips."""

    scopes = {"POST": "sessions:write"}
    holds_scope = False
    renderer_classes = [JSONRenderer, FaceRenderer]
    parser_classes = [StrictJSONParser, MultiPartParser]

    @extend_schema(
        operation_id="createLipsync",
        tags=_TAGS,
        request={"application/json": LipsyncIn, "multipart/form-data": LipsyncUploadIn},
        responses={
            (200, "application/json"): _LIPS,
            (200, "application/octet-stream"): OpenApiTypes.BINARY,
            **problems(400, 401, 402, 403, 409, 413, 415, 429, 503),
        },
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Move a face for a text, or for sound that you upload: mouth shapes, weights, or the binary stream.

        Texts are charged by character, sound by its length as speech recognition; nothing where it fails. The same text,
        voice and rate give the times of POST /speech.
        """
        if media_type_of(request) != "multipart/form-data":
            return self._of_text(request, body_of(LipsyncIn, request))
        check_length(request, MOST_BYTES)
        return self._of_sound(request, body_of(LipsyncUploadIn, request))

    def _of_text(self, request: Request, wish: dict[str, Any]) -> HttpResponseBase:
        utterance = Utterance(**{name: wish.pop(name) for name in ("text", "voice", "rate")})
        output, manner = wish.pop("output"), Manner(**wish)
        if output == "visemes":
            chunks = spoken(customer_of(self), utterance)
            return _visemes(visemes(chunks), sum(chunk.duration_ms for chunk in chunks))
        source = clauses(customer_of(self), utterance)
        pieces = _AS[output](tracks(source, manner), manner)
        return streamed(request, whole(pieces, source), _TYPES[output])

    def _of_sound(self, request: Request, wish: dict[str, Any]) -> HttpResponseBase:
        recording = recording_of(wish.pop("audio").read(), wish.pop("format"))
        output, manner = wish.pop("output"), Manner(**wish)
        if output == "visemes":
            return _visemes(heard_visemes(customer_of(self), recording), recording.duration_ms)
        made = tracks(heard_clauses(customer_of(self), recording), manner, end_ms=recording.duration_ms)
        return streamed(request, _AS[output](made, manner), _TYPES[output])


def _visemes(found: Sequence[TimedViseme], duration_ms: int) -> Response:
    return Response(VisemesOut({"duration_ms": duration_ms, "visemes": found}).data)


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
