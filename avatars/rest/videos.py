"""REST: videos, made by workers from a script or a recording."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest.documents import paged, problems
from accounts.rest.idempotency import idempotent
from accounts.rest.pagination import TimePagination
from accounts.rest.parsing import StrictJSONParser
from accounts.rest.views import WorkspaceView
from avatars.presets import staged
from avatars.rest.bodies import check_length
from avatars.rest.video_shapes import VideoIn, VideoOut, VideoUploadIn, wish_of
from avatars.videos.disclosure import label_of
from avatars.videos.models import Video
from avatars.videos.overview import shape, shapes
from avatars.videos.selectors import access_video, all_videos
from avatars.videos.services import video_cancel, video_create, video_delete
from avatars.videos.upload import Recording, recording_of
from quotas.rest.parsing import body_of

KEY = OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER, description="Repeat a create safely for 24 hours.")
MOST_BYTES = 20_000_000
_TAGS = ["Videos"]


class VideoList(WorkspaceView):
    """Videos of the workspace."""

    scopes = {"GET": "sessions:read", "POST": "sessions:write"}
    parser_classes = [StrictJSONParser, MultiPartParser]

    @extend_schema(operation_id="videos_list", tags=_TAGS, responses={200: paged(VideoOut), **problems(400, 401, 403, 429)})
    def get(self, request: Request) -> Response:
        """Videos in any state, newest first."""
        paginator = TimePagination()
        rows = paginator.paginate_queryset(all_videos(), request, self) or []
        return paginator.get_paginated_response(VideoOut(shapes(rows), many=True).data)

    @extend_schema(
        operation_id="videos_create",
        tags=_TAGS,
        request={"application/json": VideoIn, "multipart/form-data": VideoUploadIn},
        responses={202: VideoOut, **problems(400, 401, 402, 403, 409, 413, 415, 422, 429)},
        parameters=[KEY],
    )
    def post(self, request: Request) -> Response:
        """Have a video made: ask for it again to see how far it is, or take the webhook `video.finished`. The same wish
        gives the same file at once and costs nothing."""
        check_length(request, MOST_BYTES)
        return idempotent(request, lambda: _accepted(_created(request)))


class VideoDetail(WorkspaceView):
    scopes = {"GET": "sessions:read", "DELETE": "sessions:write"}

    @extend_schema(operation_id="videos_get", tags=_TAGS, responses={200: VideoOut, **problems(401, 403, 404, 429)})
    def get(self, request: Request, video_id: UUID) -> Response:
        """One video with its progress and, once it is finished, the addresses of its files."""
        return Response(VideoOut(shape(access_video(video_id))).data)

    @extend_schema(operation_id="videos_delete", tags=_TAGS, responses={204: None, **problems(401, 403, 404, 429)})
    def delete(self, request: Request, video_id: UUID) -> Response:
        """Erase it; one that is being made is cancelled first."""
        video_delete(video_id=video_id)
        return Response(status=204)


class VideoCancel(WorkspaceView):
    scopes = {"POST": "sessions:write"}

    @extend_schema(
        operation_id="videos_cancel", tags=_TAGS, request=None, responses={200: VideoOut, **problems(401, 403, 404, 429)}
    )
    def post(self, request: Request, video_id: UUID) -> Response:
        """Stop its making: nothing is charged but a transcript that was read. One that is over stays as it is."""
        video_cancel(video_id=video_id)
        return Response(VideoOut(shape(access_video(video_id))).data)


def _accepted(video: Video) -> Response:
    shown = VideoOut(shape(access_video(video.pk))).data
    return Response(shown, status=202, headers={"Location": f"/api/v1/videos/{video.pk}"})


def _created(request: Request) -> Video:
    if not str(request.content_type).startswith("multipart/"):
        return _asked(body_of(VideoIn, request))
    body = body_of(VideoUploadIn, request)
    return _asked(body["video"], recording_of(body["audio"].read()))


def _asked(fields: dict[str, Any], recording: Recording | None = None) -> Video:
    label = label_of(fields["disclosure"], fields["disclosure_text"])
    behind = fields["background"] or ("" if fields["alpha"] else None)
    staging = staged(preset=fields["preset"], avatar_id=fields["avatar"], voice_id=fields["voice"], background=behind)
    return video_create(wish=wish_of(fields, staging, label), title=fields["title"], recording=recording)
