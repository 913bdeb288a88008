"""REST: how avatars look by default, and named combinations of settings."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest.documents import paged, problems
from accounts.rest.idempotency import idempotent
from accounts.rest.views import WorkspaceView
from avatars.looks import look_change, look_of
from avatars.presets import access_preset, preset_change, preset_create, preset_delete, presets
from avatars.rest.setting_shapes import LookIn, LookOut, PresetChangeIn, PresetIn, PresetOut
from quotas.rest.parsing import KEY

_TAGS = ["Presets"]


class AvatarLookView(WorkspaceView):
    """What sessions of an avatar start with."""

    scopes = {"GET": "avatars:read", "PATCH": "avatars:write"}

    @extend_schema(operation_id="getAvatarState", tags=_TAGS, responses={200: LookOut, **problems(401, 403, 404, 429)})
    def get(self, request: Request, avatar_id: str) -> Response:
        """Emotion, gaze and framing that sessions of this avatar start with in the workspace."""
        return Response(LookOut(look_of(avatar_id)).data)

    @extend_schema(
        operation_id="changeAvatarState",
        tags=_TAGS,
        request=LookIn,
        responses={200: LookOut, **problems(400, 401, 403, 404, 409, 429)},
    )
    def patch(self, request: Request, avatar_id: str) -> Response:
        """Change what is sent; sessions that have been created stay as they are."""
        look_of(avatar_id)  # a stranger's is not found, whatever was sent
        wish = LookIn(data=request.data)
        wish.is_valid(raise_exception=True)
        return Response(LookOut(look_change(avatar_id=avatar_id, **wish.columns())).data)


class PresetsView(WorkspaceView):
    """The workspace's presets."""

    scopes = {"GET": "avatars:read", "POST": "avatars:write"}

    @extend_schema(operation_id="listPresets", tags=_TAGS, responses={200: paged(PresetOut), **problems(400, 401, 403, 429)})
    def get(self, request: Request) -> Response:
        """Presets, newest first."""
        return self.page(presets(), PresetOut)

    @extend_schema(
        operation_id="createPreset",
        tags=_TAGS,
        request=PresetIn,
        parameters=[KEY],
        responses={201: PresetOut, **problems(400, 401, 403, 409, 422, 429)},
    )
    def post(self, request: Request) -> Response:
        """Name a combination of settings, to create sessions and videos with."""
        return idempotent(request, lambda: self._create(request))

    def _create(self, request: Request) -> Response:
        wish = PresetIn(data=request.data)
        wish.is_valid(raise_exception=True)
        return Response(PresetOut(preset_create(**wish.columns())).data, status=201)


class PresetView(WorkspaceView):
    """One preset."""

    scopes = {"GET": "avatars:read", "PATCH": "avatars:write", "DELETE": "avatars:write"}

    @extend_schema(operation_id="getPreset", tags=_TAGS, responses={200: PresetOut, **problems(401, 403, 404, 429)})
    def get(self, request: Request, preset_id: UUID) -> Response:
        """One preset."""
        return Response(PresetOut(access_preset(preset_id)).data)

    @extend_schema(
        operation_id="changePreset",
        tags=_TAGS,
        request=PresetChangeIn,
        responses={200: PresetOut, **problems(400, 401, 403, 404, 409, 429)},
    )
    def patch(self, request: Request, preset_id: UUID) -> Response:
        """Change what is sent; null takes a setting out."""
        access_preset(preset_id)
        wish = PresetChangeIn(data=request.data)
        wish.is_valid(raise_exception=True)
        return Response(PresetOut(preset_change(preset_id=preset_id, **wish.columns())).data)

    @extend_schema(operation_id="deletePreset", tags=_TAGS, responses={204: None, **problems(401, 403, 404, 429)})
    def delete(self, request: Request, preset_id: UUID) -> Response:
        """Remove it; sessions that began with it stay as they are."""
        preset_delete(preset_id=preset_id)
        return Response(status=204)
