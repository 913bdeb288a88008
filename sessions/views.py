"""Pages about what happened: the list of sessions, and one session with its transcript and time line."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.pages import PageRequest, workspace_page
from sessions.overview import PAGE, bars, closed_sessions, cursor_of, event_rows, rows, turn_rows, version_of
from sessions.selectors import access_session, events_of, live_sessions, turns_of

_UNCHANGED = 204


@workspace_page("sessions:read")
@require_GET
def sessions(request: PageRequest) -> HttpResponse:
    """Live ones first, then those that are over, a page at a time. Asked by htmx: the lists, or 204 when nothing changed."""
    before = cursor_of(request.GET.get("before", ""))
    live, closed = rows(live_sessions()), closed_sessions(before)
    over = rows(closed[:PAGE])
    facts = [(row.session.pk, row.session.state, row.turns, row.session.settled_ms) for row in live + over]
    context = {
        "live": [] if before else live,
        "over": over,
        "before": before,
        "more": over[-1].session.pk if len(closed) > PAGE else None,
        "version": version_of(facts),
    }
    return _page_or_news(request, "sessions/page.html", "sessions/lists.html", context)


@workspace_page("sessions:read")
@require_GET
def session_detail(request: PageRequest, session_id: UUID) -> HttpResponse:
    """Transcript, time line and cost of one session; a 404 for a stranger's."""
    session = access_session(session_id)
    turns, events = list(turns_of(session)), list(events_of(session))
    facts = (session.state, session.settled_ms, len(events), [(turn.state, turn.heard_text) for turn in turns])
    context = {
        "row": rows([session])[0],
        "session": session,
        "turns": turn_rows(session, turns),
        "bars": bars(session, turns),
        "events": event_rows(session, events),
        "version": version_of(facts),
    }
    return _page_or_news(request, "sessions/detail.html", "sessions/record.html", context)


def _page_or_news(request: PageRequest, page: str, fragment: str, context: dict[str, Any]) -> HttpResponse:
    if "HX-Request" not in request.headers:
        return render(request, page, context)
    if request.GET.get("version") == context["version"]:
        return HttpResponse(status=_UNCHANGED)
    return render(request, fragment, context)
