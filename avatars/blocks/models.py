"""How avatars look unless somebody says otherwise, named combinations of such settings, and pictures that they use."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.tenancy import TenantModel
from avatars.models import Keeper


class Framing(models.TextChoices):
    """How much of a person the picture shows."""

    FACE = "face"
    HEAD = "head"
    BUST = "bust"


class AvatarLook(TenantModel):
    """What sessions of an avatar start with, in one workspace. `avatar` is an id, of the stock cast or the workspace's own;
    gaze is in whole degrees to the avatar's left and up."""

    avatar = models.CharField(max_length=40)
    emotion = models.CharField(max_length=20)
    intensity = models.DecimalField(max_digits=3, decimal_places=2)
    gaze_x = models.SmallIntegerField(default=0)
    gaze_y = models.SmallIntegerField(default=0)
    framing = models.CharField(max_length=4, choices=Framing, default=Framing.HEAD)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace", "avatar"], name="look_one_an_avatar")]


class Preset(TenantModel):
    """A named combination. What is empty or null leaves things as they are. `background`: "#rrggbb" or an asset's id."""

    name = models.CharField(max_length=60)
    avatar = models.CharField(max_length=40, blank=True)
    voice = models.CharField(max_length=60, blank=True)
    rate = models.DecimalField(max_digits=3, decimal_places=2, null=True)
    emotion = models.CharField(max_length=20, blank=True)
    intensity = models.DecimalField(max_digits=3, decimal_places=2, null=True)
    framing = models.CharField(max_length=4, choices=Framing, blank=True)
    background = models.CharField(max_length=40, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="preset_name_once"),
            models.CheckConstraint(
                condition=Q(emotion="", intensity=None) | (~Q(emotion="") & Q(intensity__isnull=False)),
                name="preset_emotion_has_intensity",
            ),
        ]


class AssetKind(models.TextChoices):
    """What a picture is for."""

    BACKGROUND = "background"
    LOGO = "logo"


class Asset(Keeper):
    """A picture of the workspace: one StoredFile with the purpose "asset" belongs to it. Sizes are pixels and bytes."""

    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=10, choices=AssetKind)
    media_type = models.CharField(max_length=60)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size = models.BigIntegerField()

    class Meta(Keeper.Meta):
        abstract = False
        indexes = [models.Index(fields=["workspace", "-created_at"], name="asset_recent")]
