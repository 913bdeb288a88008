"""REST: sessions, their tickets, turns and events."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

from django.conf import settings
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest.documents import paged, problems
from accounts.rest.idempotency import idempotent
from accounts.rest.views import WorkspaceView
from quotas.rest.parsing import body_of
from sessions import tickets
from sessions.models import AvatarSession
from sessions.selectors import access_open_session, access_session, all_sessions, events_of, turns_of
from sessions.serializers import (
    NewSessionSerializer,
    SessionCreateSerializer,
    SessionEventSerializer,
    SessionSerializer,
    TicketCreateSerializer,
    TicketSerializer,
    TurnCreateSerializer,
    TurnSerializer,
)
from sessions.services import session_create, session_end, turn_create

KEY = OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER, description="Repeat a create safely for 24 hours.")


def issued(session: AvatarSession, role: tickets.Role) -> dict[str, Any]:
    """A fresh ticket with the address that it opens."""
    ticket = tickets.issue(workspace_id=session.workspace_id, session_id=session.pk, role=role, origin=session.origin)
    return {"ticket": ticket.text, "url": socket_url(f"/ws/v1/sessions/{session.pk}"), "expires_at": ticket.expires_at}


def socket_url(path: str) -> str:
    """A websocket's address."""
    base = urlsplit(settings.BASE_URL)
    scheme = "wss" if base.scheme == "https" else "ws"
    return urlunsplit((scheme, base.netloc, path, "", ""))


class SessionList(WorkspaceView):
    """Sessions of the workspace."""

    scopes = {"GET": "sessions:read", "POST": "sessions:write"}

    @extend_schema(responses={200: paged(SessionSerializer), **problems(401, 403, 429)}, operation_id="sessions_list")
    def get(self, request: Request) -> Response:
        """Sessions, newest first."""
        return self.page(all_sessions(), SessionSerializer)

    @extend_schema(
        request=SessionCreateSerializer,
        responses={201: NewSessionSerializer, **problems(400, 401, 402, 403, 409, 422, 429)},
        parameters=[KEY],
    )
    def post(self, request: Request) -> Response:
        """Create a session and its first ticket; 402 where the plan is used up."""
        answer = idempotent(request, lambda: self._create(body_of(SessionCreateSerializer, request)))
        # Outside of what is stored and repeated: a ticket is a secret that is kept nowhere, and works once.
        ticket = TicketSerializer(issued(access_session(answer.data["id"]), "driver")).data
        answer.data |= {"ticket": ticket}
        return answer

    def _create(self, wish: dict[str, Any]) -> Response:
        wish = {{"avatar": "avatar_id", "voice": "voice_id"}.get(name, name): value for name, value in wish.items()}
        return Response(SessionSerializer(session_create(**wish)).data, status=201)


class SessionDetail(WorkspaceView):
    scopes = {"GET": "sessions:read", "DELETE": "sessions:write"}

    @extend_schema(responses={200: SessionSerializer, **problems(401, 403, 404, 429)})
    def get(self, request: Request, session_id: UUID) -> Response:
        """One session."""
        return Response(SessionSerializer(access_session(session_id)).data)

    @extend_schema(responses={200: SessionSerializer, **problems(401, 403, 404, 429)})
    def delete(self, request: Request, session_id: UUID) -> Response:
        """End a session; one that is over stays as it is."""
        session_end(session_id=session_id, reason="api")
        return Response(SessionSerializer(access_session(session_id)).data)


class SessionTickets(WorkspaceView):
    scopes = {"POST": "sessions:write"}

    @extend_schema(
        request=TicketCreateSerializer,
        responses={201: TicketSerializer, **problems(400, 401, 403, 404, 410, 429)},
        operation_id="session_tickets_create",
    )
    def post(self, request: Request, session_id: UUID) -> Response:
        """A one-time ticket to connect, to come back, or to watch."""
        role = body_of(TicketCreateSerializer, request)["role"]
        session = access_open_session(session_id)
        return Response(TicketSerializer(issued(session, role)).data, status=201)


class SessionTurns(WorkspaceView):
    scopes = {"GET": "sessions:read", "POST": "sessions:write"}

    @extend_schema(responses={200: paged(TurnSerializer), **problems(401, 403, 404, 429)}, operation_id="session_turns_list")
    def get(self, request: Request, session_id: UUID) -> Response:
        """What was said, newest first."""
        return self.page(turns_of(access_session(session_id)), TurnSerializer)

    @extend_schema(
        request=TurnCreateSerializer,
        responses={201: TurnSerializer, **problems(400, 401, 402, 403, 404, 409, 422, 429)},
        parameters=[KEY],
    )
    def post(self, request: Request, session_id: UUID) -> Response:
        """Say something in a live session; what is being said is interrupted."""
        return idempotent(request, lambda: self._create(session_id, body_of(TurnCreateSerializer, request)))

    def _create(self, session_id: UUID, wish: dict[str, Any]) -> Response:
        emotion = wish.pop("emotion", {"name": "", "intensity": 0.0})
        voice = wish.pop("voice", None)
        turn = turn_create(session_id=session_id, voice_id=voice, emotion=emotion["name"], intensity=emotion["intensity"], **wish)
        return Response(TurnSerializer(turn).data, status=201)


class SessionEvents(WorkspaceView):
    scopes = {"GET": "sessions:read"}

    @extend_schema(
        responses={200: paged(SessionEventSerializer), **problems(401, 403, 404, 429)}, operation_id="session_events_list"
    )
    def get(self, request: Request, session_id: UUID) -> Response:
        """What happened, newest first."""
        return self.page(events_of(access_session(session_id)), SessionEventSerializer)
