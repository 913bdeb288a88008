"""The shapes of avatars on the REST API."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from avatars.consent import VERSION
from avatars.models import Avatar, AvatarKind, AvatarState, StoredFile
from avatars.refusals import reason_of
from avatars.selectors import address, info_of
from avatars.services.files import files_of, files_of_many
from avatars.stock import AvatarInfo


class FaceOut(serializers.Serializer[Any]):
    face = serializers.IntegerField(help_text="Its number in the picture, and what to send to choose it.")
    box = serializers.ListField(
        child=serializers.FloatField(), help_text="Left, top, right and bottom edge, as shares of the picture."
    )


class RefusalOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()
    hint = serializers.CharField()
    picture_url = serializers.CharField(allow_blank=True, help_text="What was found, as JPEG; empty where nothing was.")
    faces = FaceOut(many=True)


class AvatarSerializer(serializers.Serializer[Any]):
    id = serializers.CharField(help_text="A name of the stock cast, or the UUID of an avatar of your own.")
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    kind = serializers.ChoiceField(choices=AvatarKind.choices, help_text="`photo`: from a portrait; `head3d`: a 3D head.")
    state = serializers.ChoiceField(choices=AvatarState.choices)
    is_own = serializers.BooleanField(help_text="Whether the workspace made it; the others belong to the stock cast.")
    asset_url = serializers.CharField(allow_blank=True, help_text="The head as GLB; signed and for a while where `is_own`.")
    portrait_url = serializers.CharField(allow_blank=True)
    default_voice = serializers.CharField(help_text="What it speaks with unless something else is asked for.")
    created_at = serializers.DateTimeField(allow_null=True)
    refusal = RefusalOut(allow_null=True, help_text="Why it is not to be used, while its state is `refused`.")
    report = serializers.DictField(help_text="What was measured or mapped while it was made.")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "From an address",
            request_only=True,
            value={"url": "https://example.com/portrait.jpg", "name": "Mira", "consent": VERSION},
        ),
        OpenApiExample(
            "A portrait",
            request_only=True,
            media_type="multipart/form-data",
            value={"file": "portrait.jpg", "name": "Mira", "voice": "hibari-heart", "consent": VERSION},
        ),
        OpenApiExample(
            "A 3D head", request_only=True, media_type="multipart/form-data", value={"file": "head.glb", "consent": VERSION}
        ),
    ]
)
class AvatarNewSerializer(serializers.Serializer[Any]):
    file = serializers.FileField(required=False, help_text="JPEG, PNG or WebP portrait, or a GLB head.", use_url=False)
    url = serializers.CharField(required=False, max_length=2000, help_text="Instead of a file: where it can be fetched (https).")
    name = serializers.CharField(required=False, max_length=60, default="", allow_blank=True)
    voice = serializers.CharField(
        required=False,
        max_length=60,
        default="",
        allow_blank=True,
        help_text="What it speaks with unless something else is asked for: GET /api/v1/voices. Without it, the voice that "
        "the workspace gave its newest avatar, else the installation's.",
    )
    consent = serializers.CharField(
        required=False,
        max_length=20,
        default="",
        allow_blank=True,
        help_text="The version of the consent's text that the person agreed to; without it, 422 brings text and version.",
    )


@extend_schema_serializer(
    examples=[
        OpenApiExample("Another name", request_only=True, value={"name": "Mira"}),
        OpenApiExample("Another voice", request_only=True, value={"voice": "hibari-heart"}),
    ]
)
class AvatarChangeSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=60, required=False)
    voice = serializers.CharField(max_length=60, required=False, help_text="What it speaks with: GET /api/v1/voices.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError("Send a name, a voice, or both.")
        return attrs


@extend_schema_serializer(examples=[OpenApiExample("The second face", request_only=True, value={"face": 2})])
class ChoiceSerializer(serializers.Serializer[Any]):
    face = serializers.IntegerField(min_value=1, max_value=100)


def stock_shape(info: AvatarInfo) -> dict[str, Any]:
    """A member of the stock cast."""
    return _shape(info, state=AvatarState.READY, created_at=None, refusal=None, report={})


def own_shape(avatar: Avatar, files: dict[str, StoredFile] | None = None) -> dict[str, Any]:
    """An avatar of the workspace's own."""
    kept = files_of(avatar.pk) if files is None else files
    return _shape(
        info_of(avatar, kept),
        state=avatar.state,
        created_at=avatar.created_at,
        refusal=_refusal(avatar, kept) if avatar.state == AvatarState.REFUSED else None,
        report=avatar.report,
    )


def own_shapes(avatars: Iterable[Avatar]) -> list[dict[str, Any]]:
    """`own_shape` for many."""
    rows = list(avatars)
    files = files_of_many(row.pk for row in rows)
    return [own_shape(row, files[row.pk]) for row in rows]


def _shape(info: AvatarInfo, **more: Any) -> dict[str, Any]:
    names = ("id", "name", "description", "kind", "is_own", "asset_url", "portrait_url", "default_voice")
    return {name: getattr(info, name) for name in names} | more


def _refusal(avatar: Avatar, files: dict[str, StoredFile]) -> dict[str, Any]:
    reason = reason_of(avatar.refusal_code)
    faces = [{"face": number, "box": face["box"]} for number, face in enumerate(avatar.faces, start=1)]
    return {
        "code": avatar.refusal_code,
        "detail": reason.detail,
        "hint": avatar.report.get("hint", reason.hint),
        "picture_url": address(files, "finding"),
        "faces": faces,
    }
