"""REST: tickets to watch how far videos are."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.origins import clean_origin
from accounts.rest.documents import problems
from accounts.rest.shapes import StrictSerializer
from accounts.rest.views import WorkspaceView
from accounts.tenancy import current_workspace_id
from avatars.videos.selectors import access_video
from quotas.rest.parsing import body_of
from sessions import tickets
from sessions.api import socket_url
from sessions.serializers import TicketSerializer

PATH = "/ws/v1/videos"


@extend_schema_serializer(
    component_name="VideoTicketCreate",
    examples=[
        OpenApiExample("For all videos", request_only=True, value={}),
        OpenApiExample("For one page", request_only=True, value={"origin": "https://shop.example"}),
    ],
)
class VideoTicketIn(StrictSerializer):
    video = serializers.UUIDField(required=False, allow_null=True, default=None, help_text="One video alone; default: all.")
    origin = serializers.URLField(max_length=200, required=False, help_text="Bind the ticket to a page's origin.")

    def validate_origin(self, origin: str) -> str:
        """As browsers will send it."""
        return clean_origin(origin)


class VideoTickets(WorkspaceView):
    scopes = {"POST": "sessions:read"}

    @extend_schema(
        operation_id="video_tickets_create",
        tags=["Videos"],
        request=VideoTicketIn,
        responses={201: TicketSerializer, **problems(400, 401, 403, 404, 429)},
    )
    def post(self, request: Request) -> Response:
        """A one-time ticket for the websocket that tells how far videos are: those of the workspace, or one alone."""
        fields = body_of(VideoTicketIn, request)
        return Response(TicketSerializer(_issued(fields)).data, status=201)


def _issued(fields: dict[str, Any]) -> dict[str, Any]:
    workspace_id = current_workspace_id()
    subject = access_video(fields["video"]).pk if fields["video"] else workspace_id
    ticket = tickets.issue(workspace_id=workspace_id, session_id=subject, role="videos", origin=fields.get("origin", ""))
    return {"ticket": ticket.text, "url": socket_url(PATH), "expires_at": ticket.expires_at}
