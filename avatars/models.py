"""Avatars of a workspace's own, what was agreed to for them, and the files that rooms keep."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.models import ApiKey, User
from accounts.tenancy import TenantModel


class StoredFile(TenantModel):
    """A file in the private storage: `owner_id` is the row it belongs to, `purpose` what it is to that row.

    A doomed file is already gone for everybody; its bytes follow (services/files.py), and then this row.
    """

    owner_id = models.UUIDField()
    purpose = models.CharField(max_length=20)
    name = models.CharField(max_length=200)  # in the storage; made by us
    media_type = models.CharField(max_length=60)
    size = models.BigIntegerField()  # bytes
    digest = models.CharField(max_length=64)  # SHA-256, hex
    doomed_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "owner_id", "purpose"], condition=Q(doomed_at=None), name="file_one_a_purpose"
            ),
            models.CheckConstraint(condition=Q(size__gte=0), name="file_size_not_negative"),
        ]
        indexes = [models.Index(fields=["doomed_at"], condition=Q(doomed_at__isnull=False), name="file_doomed")]


class Keeper(TenantModel):
    """A row that files belong to, with the hold on the workspace's storage that they fill (services/room.py)."""

    storage_hold = models.UUIDField(null=True)
    storage_step = models.PositiveIntegerField(default=0)

    class Meta(TenantModel.Meta):
        abstract = True


class AvatarKind(models.TextChoices):
    """What it is made from: one portrait, or a 3D head."""

    PHOTO = "photo"
    HEAD3D = "head3d"


class AvatarState(models.TextChoices):
    """preparing → ready or refused; a refusal for several faces goes back to preparing when one is chosen."""

    PREPARING = "preparing"
    READY = "ready"
    REFUSED = "refused"


class Avatar(Keeper):
    """One avatar of the workspace's own.

    `voice` is what it speaks with unless something else is asked for; empty: the installation's. `woken_at` is when a worker
    was last asked to go on with it, `attempts` how often one began. `faces` are those found when there are several: {"box":
    [left, top, right, bottom] as shares of the picture}, and `face` the chosen one.
    """

    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=8, choices=AvatarKind)
    voice = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=10, choices=AvatarState, default=AvatarState.PREPARING)
    source_url = models.CharField(max_length=2000, blank=True)  # until it is fetched
    refusal_code = models.CharField(max_length=40, blank=True)
    faces = models.JSONField(default=list)
    face = models.PositiveSmallIntegerField(null=True)
    report = models.JSONField(default=dict)
    attempts = models.PositiveSmallIntegerField(default=0)
    woken_at = models.DateTimeField()
    ready_at = models.DateTimeField(null=True)
    place_hold = models.UUIDField(null=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    api_key = models.ForeignKey(ApiKey, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta(Keeper.Meta):
        abstract = False
        indexes = [
            models.Index(fields=["workspace", "-id"], name="avatar_recent"),
            models.Index(fields=["woken_at"], condition=~Q(state="ready"), name="avatar_unfinished"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(state="ready") | Q(ready_at__isnull=False), name="avatar_ready_has_time"),
            models.CheckConstraint(condition=Q(state="refused") | Q(refusal_code=""), name="avatar_refused_has_code"),
        ]


class AvatarConsent(TenantModel):
    """Who agreed to what, when and from where, so that an avatar may be made. It outlives the avatar as evidence, without
    the person's name and address."""

    avatar_id = models.UUIDField()
    version = models.CharField(max_length=20)
    text = models.TextField()  # exactly as it was shown
    given_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    api_key = models.ForeignKey(ApiKey, on_delete=models.SET_NULL, null=True, related_name="+")
    ip = models.GenericIPAddressField(null=True)
    ended_at = models.DateTimeField(null=True)  # when the avatar was deleted

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace", "avatar_id"], name="consent_one_an_avatar")]


# Models of rooms below: Django finds them here. Last, as they build on the ones above.
import avatars.blocks.models  # noqa: E402
import avatars.videos.models  # noqa: E402, F401
