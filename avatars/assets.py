"""Backgrounds and logos of a workspace: private files whose bytes are held as long as they are there."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from accounts import audit
from accounts.errors import NotFound
from accounts.tenancy import TenantQuerySet
from avatars.blocks.models import Asset, AssetKind
from avatars.models import StoredFile
from avatars.services.files import doom, files_of
from avatars.services.room import give_room_back, take_room
from avatars.storage import link, writing
from avatars.uploads.picture import Picture

PURPOSE = "asset"


def assets() -> TenantQuerySet[Asset]:
    """Newest first."""
    return Asset.objects.get_queryset().order_by("-created_at", "-id")


def access_asset(asset_id: UUID | str) -> Asset:
    """One picture; raises NotFound when it is absent or a stranger's."""
    try:
        return Asset.objects.get(pk=asset_id)
    except Asset.DoesNotExist as error:
        raise NotFound("No such asset in this workspace.", code="asset_not_found") from error


def file_of(asset: Asset) -> StoredFile:
    """Its file, for `storage.link` and `storage.content_of`; raises NotFound while it is being deleted."""
    try:
        return files_of(asset.pk)[PURPOSE]
    except KeyError as error:
        raise NotFound("No such asset in this workspace.", code="asset_not_found") from error


def background_shown(background: str) -> dict[str, str] | None:
    """What a client draws behind an avatar: {"colour"} or {"url"} (signed); None for nothing, or a picture that is gone."""
    if not background or background.startswith("#"):
        return {"colour": background} if background else None
    file = files_of(UUID(background)).get(PURPOSE)
    return {"url": link(file)} if file else None


@transaction.atomic
def asset_create(*, name: str, kind: AssetKind, picture: Picture) -> Asset:
    """Keep a picture that has been written anew; raises QuotaExceeded where the storage has no room for it."""
    asset = Asset(
        name=name,
        kind=kind,
        media_type=picture.media_type,
        width=picture.width,
        height=picture.height,
        size=len(picture.content),
    )
    with writing() as write:
        file = write(owner_id=asset.pk, purpose=PURPOSE, content=picture.content, media_type=picture.media_type)
        audit.record("asset.created", subject=asset.pk, name=name, kind=kind, bytes=asset.size)
        take_room(asset, asset.size, purpose=PURPOSE)
        asset.save(force_insert=True)
        file.save(force_insert=True)
    return asset


@transaction.atomic
def asset_delete(*, asset_id: UUID) -> None:
    """Erase a picture and give its bytes back; presets that show it say that it is missing."""
    asset = access_asset(asset_id)
    doom(asset.pk)
    audit.record("asset.deleted", subject=asset.pk, name=asset.name)
    give_room_back(asset)
    asset.delete()
