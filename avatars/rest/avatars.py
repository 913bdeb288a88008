"""REST: avatars, the stock cast and those of the workspace's own."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.errors import Invalid
from accounts.rest.documents import paged, problems
from accounts.rest.idempotency import idempotent
from accounts.rest.parsing import StrictJSONParser
from accounts.rest.views import WorkspaceView
from avatars.models import Avatar
from avatars.refusals import Refused
from avatars.rest.avatar_shapes import (
    AvatarChangeSerializer,
    AvatarNewSerializer,
    AvatarSerializer,
    ChoiceSerializer,
    own_shape,
    own_shapes,
    stock_shape,
)
from avatars.selectors import access_avatar, own_avatars
from avatars.services.own import avatar_change, avatar_choose, avatar_delete, avatar_from_url, avatar_upload
from avatars.stock import stock_cast

KEY = OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER, description="Repeat a create safely for 24 hours.")
CURSOR = OpenApiParameter("cursor", str, description="Where the last page ended: follow `next`.")
LIMIT = OpenApiParameter("limit", int, description="Avatars a page: 50 where not given, 200 at most.")
_ENVELOPE = 65_536  # bytes of a multipart body around its file


class AvatarList(WorkspaceView):
    """Avatars that a session can show, and those on their way."""

    scopes = {"GET": "avatars:read", "POST": "avatars:write"}
    parser_classes = [MultiPartParser, StrictJSONParser]

    @extend_schema(
        parameters=[CURSOR, LIMIT],
        responses={200: paged(AvatarSerializer), **problems(400, 401, 403, 429)},
        operation_id="avatars_list",
    )
    def get(self, request: Request) -> Response:
        """The workspace's own avatars in any state, newest first, then the stock cast."""
        limit = _limit(request)
        shapes = _after(request.GET.get("cursor", ""), limit + 1)
        following = _next(request, shapes[limit - 1]["id"], limit) if len(shapes) > limit else None
        headers = {"Link": f'<{following}>; rel="next"'} if following else {}
        results = AvatarSerializer(shapes[:limit], many=True).data
        return Response({"next": following, "previous": None, "results": results}, headers=headers)

    @extend_schema(
        request={"multipart/form-data": AvatarNewSerializer, "application/json": AvatarNewSerializer},
        responses={202: AvatarSerializer, **problems(400, 401, 402, 403, 409, 413, 415, 422, 429)},
        parameters=[KEY],
    )
    def post(self, request: Request) -> Response:
        """Make an avatar from a portrait or a GLB head; it is `preparing` first, then `ready` or `refused`."""
        _require_bearable(request)
        return idempotent(request, lambda: self._create(request))

    def _create(self, request: Request) -> Response:
        form = AvatarNewSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        return _accepted(_new(**form.validated_data))


class AvatarDetail(WorkspaceView):
    scopes = {"GET": "avatars:read", "PATCH": "avatars:write", "DELETE": "avatars:write"}

    @extend_schema(responses={200: AvatarSerializer, **problems(401, 403, 404, 429)})
    def get(self, request: Request, avatar_id: UUID) -> Response:
        """One avatar of the workspace's own."""
        return Response(AvatarSerializer(own_shape(access_avatar(avatar_id))).data)

    @extend_schema(request=AvatarChangeSerializer, responses={200: AvatarSerializer, **problems(400, 401, 403, 404, 409, 429)})
    def patch(self, request: Request, avatar_id: UUID) -> Response:
        """Give it another name or voice."""
        access_avatar(avatar_id)
        form = AvatarChangeSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        return Response(AvatarSerializer(own_shape(avatar_change(avatar_id=avatar_id, **form.validated_data))).data)

    @extend_schema(responses={204: None, **problems(401, 403, 404, 429)})
    def delete(self, request: Request, avatar_id: UUID) -> Response:
        """Erase it, the picture and everything made from it: videos that show it, too. Live sessions that show it end."""
        avatar_delete(avatar_id=avatar_id)
        return Response(status=204)


class AvatarChoice(WorkspaceView):
    scopes = {"POST": "avatars:write"}

    @extend_schema(
        request=ChoiceSerializer,
        responses={202: AvatarSerializer, **problems(400, 401, 403, 404, 409, 429)},
        operation_id="avatar_choice_create",
    )
    def post(self, request: Request, avatar_id: UUID) -> Response:
        """Go on with one of the faces that were found."""
        access_avatar(avatar_id)
        form = ChoiceSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        return _accepted(avatar_choose(avatar_id=avatar_id, face=form.validated_data["face"]))


def _accepted(avatar: Avatar) -> Response:
    return Response(AvatarSerializer(own_shape(avatar)).data, status=202, headers={"Location": f"/api/v1/avatars/{avatar.pk}"})


def _new(*, name: str, consent: str, voice: str, file: Any = None, url: str = "") -> Avatar:
    if (file is None) == (not url):
        raise Invalid("Send either a file or a url.", code="file_or_url")
    if file is None:
        return avatar_from_url(url=url, name=name, consent=consent, voice=voice)
    return avatar_upload(content=file.read(), name=name, consent=consent, voice=voice)


def _require_bearable(request: Request) -> None:
    """Before anything of the body is read: a larger one has no file that we would take."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if int(length) > max(settings.AVATAR_PHOTO_BYTES, settings.AVATAR_HEAD_BYTES) + _ENVELOPE:
        raise Refused("too_large")


def _limit(request: Request) -> int:
    text = request.GET.get("limit", "50")
    if not text.isdecimal() or len(text) > 3 or not 1 <= int(text) <= 200:
        raise Invalid("limit is a whole number from 1 to 200.", code="bad_limit")
    return int(text)


def _after(cursor: str, wanted: int) -> list[dict[str, Any]]:
    """Own avatars by falling id, then the cast, from behind the one that `cursor` names."""
    cast = [stock_shape(info) for info in stock_cast()]
    last = _read(cursor) if cursor else ""
    names = [shape["id"] for shape in cast]
    if last in names:
        return cast[names.index(last) + 1 :][:wanted]
    rows = own_avatars()
    if last:
        rows = rows.filter(pk__lt=_own_id(last))
    return [*own_shapes(rows[:wanted]), *cast][:wanted]


def _next(request: Request, last: str, limit: int) -> str:
    cursor = base64.urlsafe_b64encode(last.encode()).decode()
    return request.build_absolute_uri(f"{request.path}?{urlencode({'cursor': cursor, 'limit': limit})}")


def _read(cursor: str) -> str:
    try:
        return base64.b64decode(cursor.encode(), altchars=b"-_", validate=True).decode() or "-"
    except ValueError as error:
        raise _bad_cursor() from error


def _own_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise _bad_cursor() from error


def _bad_cursor() -> Invalid:
    return Invalid("This cursor is not one of ours.", code="bad_cursor", hint="Follow `next` as it is.")
