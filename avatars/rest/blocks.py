"""REST: building blocks without a session. Text becomes timed speech, speech becomes lips; nothing is kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from typing import Any

from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from accounts.rest.documents import problems
from accounts.rest.parsing import StrictJSONParser
from accounts.rest.views import WorkspaceView
from avatars.blocks import encoding
from avatars.blocks.answers import Whole
from avatars.blocks.hearing import heard_clauses, heard_visemes, recording_of
from avatars.blocks.lips import Manner, face_stream, tracks, weights_json, whole
from avatars.blocks.metering import Customer
from avatars.blocks.recording import MOST_BYTES
from avatars.blocks.room import room
from avatars.blocks.sound import base64_pieces, sound_bytes
from avatars.blocks.speaking import TimedViseme, Utterance, clauses, spoken, visemes
from avatars.face import FaceTrack
from avatars.rest.answers import Answer, answered
from avatars.rest.block_shapes import LipsyncIn, LipsyncUploadIn, SpeechIn, SpeechOut, VisemesOut, WeightsOut
from avatars.rest.bodies import check_length, media_type_of
from avatars.rest.renderers import FaceRenderer, Mp3Renderer, OpusRenderer, PcmRenderer, WavRenderer
from avatars.voice import SAMPLE_RATE
from quotas.rest.parsing import KEY, body_of

_TAGS = ["Building blocks"]
_LIPS = PolymorphicProxySerializer(
    component_name="LipsyncAnswer", serializers=[VisemesOut, WeightsOut], resource_type_field_name=None
)
_AS: Mapping[str, Callable[[Iterator[FaceTrack], Manner], Generator[bytes]]] = {"weights": weights_json, "stream": face_stream}
_JSON = "application/json"
_TYPES = {"weights": _JSON, "stream": "application/octet-stream"}
_SOUNDS: Mapping[str, str] = {one.format: one.media_type for one in (WavRenderer, PcmRenderer, OpusRenderer, Mp3Renderer)}


class SpeechView(WorkspaceView):
    """Text to speech."""

    scopes = {"POST": "sessions:write"}
    holds_scope = False
    renderer_classes = [JSONRenderer, WavRenderer, PcmRenderer, OpusRenderer, Mp3Renderer]

    @extend_schema(
        operation_id="createSpeech",
        tags=_TAGS,
        request=SpeechIn,
        parameters=[KEY],
        responses={
            (200, "application/json"): SpeechOut,
            **{(200, media_type): OpenApiTypes.BINARY for media_type in _SOUNDS.values()},
            **problems(400, 401, 402, 403, 409, 410, 422, 429, 503),
        },
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Speak a text. JSON has the sound with the times of words, phonemes and visemes; with `Accept: audio/wav`,
        `audio/pcm` or `audio/ogg` the sound alone is sent while it is made, with `audio/mpeg` when it is. Charged by
        character, nothing where it fails; with an Idempotency-Key once, and the answer is kept for a day."""
        wish = body_of(SpeechIn, request)
        form = wish.pop("format")
        kind = getattr(request.accepted_renderer, "format", "json")
        encoding.require(form if kind == "json" else kind)

        def make() -> Answer:
            if kind == "json":
                return Answer(pieces=_speech_json(customer_of(self), Utterance(**wish), form), content_type=_JSON)
            return Answer(pieces=_sound(customer_of(self), Utterance(**wish), kind), content_type=_SOUNDS[kind])

        return answered(request, self.access.workspace_id, make)


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
        parameters=[KEY],
        responses={
            (200, "application/json"): _LIPS,
            (200, "application/octet-stream"): OpenApiTypes.BINARY,
            **problems(400, 401, 402, 403, 409, 410, 413, 415, 422, 429, 503),
        },
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Move a face for a text, or for sound that you upload: mouth shapes, weights, or the binary stream.

        Texts are charged by character, sound by its length as speech recognition; nothing where it fails. With an
        Idempotency-Key it is charged once, and the answer is kept for a day. The same text, voice and rate give the times
        of POST /speech.
        """
        if media_type_of(request) != "multipart/form-data":
            wish = body_of(LipsyncIn, request)
            return answered(request, self.access.workspace_id, lambda: self._of_text(wish))
        check_length(request, MOST_BYTES)
        sent = body_of(LipsyncUploadIn, request)
        return answered(request, self.access.workspace_id, lambda: self._of_sound(sent))

    def _of_text(self, wish: dict[str, Any]) -> Answer | Whole:
        utterance = Utterance(**{name: wish.pop(name) for name in ("text", "voice", "rate")})
        output, manner = wish.pop("output"), Manner(**wish)
        if output == "visemes":
            chunks = spoken(customer_of(self), utterance)
            return _visemes(visemes(chunks), sum(chunk.duration_ms for chunk in chunks))
        source = clauses(customer_of(self), utterance)
        pieces = _AS[output](tracks(source, manner), manner)
        return Answer(pieces=whole(pieces, source), content_type=_TYPES[output])

    def _of_sound(self, wish: dict[str, Any]) -> Answer | Whole:
        with room():
            recording = recording_of(wish.pop("audio").read(), wish.pop("format"))
        output, manner = wish.pop("output"), Manner(**wish)
        if output == "visemes":
            return _visemes(heard_visemes(customer_of(self), recording), recording.duration_ms)
        made = tracks(heard_clauses(customer_of(self), recording), manner, end_ms=recording.duration_ms)
        return Answer(pieces=_AS[output](made, manner), content_type=_TYPES[output])


def _visemes(found: Sequence[TimedViseme], duration_ms: int) -> Whole:
    shape = VisemesOut({"duration_ms": duration_ms, "visemes": found}).data
    return Whole(content=JSONRenderer().render(shape), content_type=_JSON)


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
    for piece in base64_pieces(sound_bytes([chunk.pcm for chunk in chunks], form, sum(len(chunk.pcm) for chunk in chunks))):
        yield piece.encode()
    yield b'"}}'


def _sound(customer: Customer, utterance: Utterance, kind: str) -> Generator[bytes]:
    with closing(clauses(customer, utterance)) as made, closing(sound_bytes((chunk.pcm for chunk in made), kind)) as pieces:
        yield from pieces
