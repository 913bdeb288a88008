"""The shapes of looks, presets and assets on the REST API, with examples that the tests run."""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from accounts.rest.shapes import FiniteFloatField, StrictSerializer
from avatars.assets import file_of
from avatars.blocks.models import Asset, AssetKind, AvatarLook, Framing, Preset
from avatars.blocks.speaking import FASTEST, SLOWEST
from avatars.face import EMOTIONS
from avatars.looks import MOST_SIDE, MOST_UP
from avatars.presets import missing_in
from avatars.storage import link
from avatars.uploads.picture import MOST_BYTES

_CENT = Decimal("0.01")
_NO_EMOTION = {"emotion": "", "intensity": None}


class MoodIn(StrictSerializer):
    """An emotion and how strong it is."""

    name = serializers.ChoiceField(choices=EMOTIONS)
    intensity = FiniteFloatField(min_value=0, max_value=1, default=0.7)


class GazeIn(StrictSerializer):
    """Where the eyes rest, in degrees from straight ahead."""

    x = serializers.IntegerField(min_value=-MOST_SIDE, max_value=MOST_SIDE, help_text="To the avatar's left.")
    y = serializers.IntegerField(min_value=-MOST_UP, max_value=MOST_UP, help_text="Up.")


@extend_schema_serializer(
    component_name="AvatarLookChange",
    examples=[
        OpenApiExample("A friendly start", request_only=True, value={"emotion": {"name": "happy", "intensity": 0.4}}),
        OpenApiExample("Closer, looking down", request_only=True, value={"framing": "face", "gaze": {"x": 0, "y": -6}}),
    ],
)
class LookIn(StrictSerializer):
    emotion = MoodIn(required=False)
    gaze = GazeIn(required=False)
    framing = serializers.ChoiceField(choices=Framing.values, required=False)

    def columns(self) -> dict[str, Any]:
        """What was sent, as rows keep it."""
        found = dict(self.validated_data)
        mood, gaze = found.pop("emotion", None), found.pop("gaze", None)
        found |= {"emotion": mood["name"], "intensity": rounded(mood["intensity"])} if mood else {}
        return found | ({"gaze_x": gaze["x"], "gaze_y": gaze["y"]} if gaze else {})


@extend_schema_serializer(component_name="AvatarLook")
class LookOut(serializers.Serializer[Any]):
    """What sessions of the avatar start with."""

    avatar = serializers.CharField()
    emotion = MoodIn()
    gaze = GazeIn()
    framing = serializers.ChoiceField(choices=Framing.values)
    updated_at = serializers.DateTimeField(allow_null=True, help_text="null: nothing was set yet")

    def to_representation(self, instance: AvatarLook) -> dict[str, Any]:
        return {
            "avatar": instance.avatar,
            "emotion": {"name": instance.emotion, "intensity": float(instance.intensity)},
            "gaze": {"x": instance.gaze_x, "y": instance.gaze_y},
            "framing": instance.framing,
            "updated_at": instance.updated_at,
        }


class PresetFields(StrictSerializer):
    """Everything but the name; null leaves it to the avatar, or as it is."""

    avatar = serializers.CharField(max_length=40, required=False, allow_null=True, help_text="GET /api/v1/avatars")
    voice = serializers.CharField(max_length=60, required=False, allow_null=True, help_text="GET /api/v1/voices")
    rate = FiniteFloatField(min_value=SLOWEST, max_value=FASTEST, required=False, allow_null=True, help_text="Times usual pace.")
    emotion = MoodIn(required=False, allow_null=True)
    framing = serializers.ChoiceField(choices=Framing.values, required=False, allow_null=True)
    background = serializers.CharField(
        max_length=40, required=False, allow_null=True, help_text="A colour like #f4f1ea, or the id of an asset."
    )

    def columns(self) -> dict[str, Any]:
        """What was sent, as rows keep it."""
        sent: dict[str, Any] = dict(self.validated_data)
        found = {name: value or "" for name, value in sent.items() if name not in {"rate", "emotion"}}
        if "rate" in sent:
            found["rate"] = None if sent["rate"] is None else rounded(sent["rate"])
        if "emotion" in sent:
            mood = sent["emotion"]
            found |= {"emotion": mood["name"], "intensity": rounded(mood["intensity"])} if mood else _NO_EMOTION
        return found

    def validate_background(self, value: str | None) -> str | None:
        """Colours and ids in small letters."""
        return value and value.lower()


@extend_schema_serializer(
    component_name="NewPreset",
    examples=[
        OpenApiExample(
            "Reception",
            request_only=True,
            value={
                "name": "Reception",
                "avatar": "ada",
                "voice": "hibari-heart",
                "rate": 0.95,
                "emotion": {"name": "happy", "intensity": 0.5},
                "framing": "bust",
                "background": "#f4f1ea",
            },
        ),
        OpenApiExample("Only a mood", request_only=True, value={"name": "Calm", "emotion": {"name": "soothing"}}),
    ],
)
class PresetIn(PresetFields):
    name = serializers.CharField(max_length=60)


@extend_schema_serializer(
    component_name="PresetChange",
    examples=[OpenApiExample("Without its background", request_only=True, value={"name": "Front desk", "background": None})],
)
class PresetChangeIn(PresetFields):
    name = serializers.CharField(max_length=60, required=False)


@extend_schema_serializer(component_name="Preset")
class PresetOut(serializers.Serializer[Any]):
    """A named combination of settings; null leaves it to the avatar, or as it is."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    avatar = serializers.CharField(allow_null=True)
    voice = serializers.CharField(allow_null=True)
    rate = serializers.FloatField(allow_null=True)
    emotion = MoodIn(allow_null=True)
    framing = serializers.ChoiceField(choices=Framing.values, allow_null=True)
    background = serializers.CharField(allow_null=True)
    missing = serializers.ListField(
        child=serializers.ChoiceField(choices=["avatar", "voice", "background"]),
        help_text="What it names that has been deleted since: using it fails with 409 until that is named anew, or taken out.",
    )
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def to_representation(self, instance: Preset) -> dict[str, Any]:
        mood = {"name": instance.emotion, "intensity": float(instance.intensity or 0)} if instance.emotion else None
        return {
            "id": str(instance.pk),
            "name": instance.name,
            "avatar": instance.avatar or None,
            "voice": instance.voice or None,
            "rate": None if instance.rate is None else float(instance.rate),
            "emotion": mood,
            "framing": instance.framing or None,
            "background": instance.background or None,
            "missing": self._missing[instance.pk],
            "created_at": instance.created_at,
            "updated_at": instance.updated_at,
        }

    @cached_property
    def _missing(self) -> dict[UUID, list[str]]:
        """Of all that are shown, asked once."""
        rows: Any = self.instance if self.parent is None else self.parent.instance
        return missing_in([rows] if isinstance(rows, Preset) else rows)


@extend_schema_serializer(
    component_name="NewAsset",
    examples=[
        OpenApiExample(
            "A background",
            request_only=True,
            media_type="multipart/form-data",
            value={"file": "wall.png", "name": "Wall", "kind": "background"},
        )
    ],
)
class AssetIn(StrictSerializer):
    file = serializers.FileField(
        max_length=200, help_text=f"PNG, JPEG or WebP, at most {MOST_BYTES // 2**20} MiB and 4096 × 4096 pixels."
    )
    name = serializers.CharField(max_length=60)
    kind = serializers.ChoiceField(choices=AssetKind.choices, default=AssetKind.BACKGROUND.value)


@extend_schema_serializer(component_name="Asset")
class AssetOut(serializers.ModelSerializer[Asset]):
    """A picture of the workspace."""

    kind = serializers.ChoiceField(choices=AssetKind.choices)
    url = serializers.SerializerMethodField(help_text="Signed: shows the picture to whoever has it, for an hour or two.")

    class Meta:
        model = Asset
        fields = ("id", "name", "kind", "media_type", "width", "height", "size", "url", "created_at")
        read_only_fields = fields

    def get_url(self, asset: Asset) -> str:
        """Its address."""
        return link(file_of(asset))


def rounded(value: float) -> Decimal:
    """Two decimals, as rows keep them."""
    return Decimal(str(value)).quantize(_CENT)
