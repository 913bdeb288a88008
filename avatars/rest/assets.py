"""REST: backgrounds and logos."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest.documents import paged, problems
from accounts.rest.idempotency import idempotent
from accounts.rest.views import WorkspaceView
from accounts.tenancy import workspace_scope
from avatars.assets import access_asset, asset_create, asset_delete, assets
from avatars.blocks.room import room
from avatars.rest.bodies import check_length
from avatars.rest.setting_shapes import AssetIn, AssetOut
from avatars.uploads.apart import rewritten_apart
from avatars.uploads.picture import MOST_BYTES, Picture
from quotas.rest.parsing import KEY, body_of

_TAGS = ["Assets"]


class AssetsView(WorkspaceView):
    """The workspace's pictures."""

    scopes = {"GET": "avatars:read", "POST": "avatars:write"}
    holds_scope = False
    parser_classes = [MultiPartParser]

    @extend_schema(operation_id="listAssets", tags=_TAGS, responses={200: paged(AssetOut), **problems(400, 401, 403, 429)})
    def get(self, request: Request) -> Response:
        """Pictures, newest first."""
        with workspace_scope(self.access.workspace_id):
            return self.page(assets(), AssetOut)

    @extend_schema(
        operation_id="createAsset",
        tags=_TAGS,
        request={"multipart/form-data": AssetIn},
        parameters=[KEY],
        responses={201: AssetOut, **problems(400, 401, 402, 403, 413, 415, 422, 429)},
    )
    def post(self, request: Request) -> Response:
        """Upload a background or a logo. It is decoded and written anew: metadata stays behind. Its bytes count as storage."""
        check_length(request, MOST_BYTES)
        wish = body_of(AssetIn, request)
        with room():
            picture = rewritten_apart(wish.pop("file").read())
        with workspace_scope(self.access.workspace_id):
            return idempotent(request, lambda: self._create(picture, wish))

    def _create(self, picture: Picture, wish: dict[str, Any]) -> Response:
        return Response(AssetOut(asset_create(picture=picture, **wish)).data, status=201)


class AssetView(WorkspaceView):
    """One picture."""

    scopes = {"GET": "avatars:read", "DELETE": "avatars:write"}

    @extend_schema(operation_id="getAsset", tags=_TAGS, responses={200: AssetOut, **problems(401, 403, 404, 429)})
    def get(self, request: Request, asset_id: UUID) -> Response:
        """One picture, with a fresh address."""
        return Response(AssetOut(access_asset(asset_id)).data)

    @extend_schema(operation_id="deleteAsset", tags=_TAGS, responses={204: None, **problems(401, 403, 404, 429)})
    def delete(self, request: Request, asset_id: UUID) -> Response:
        """Erase it and give its storage back; presets that showed it show none."""
        asset_delete(asset_id=asset_id)
        return Response(status=204)
