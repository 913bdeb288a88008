"""REST addresses of sessions."""

from django.urls import path

from sessions import api

urlpatterns = [
    path("sessions", api.SessionList.as_view(), name="api_sessions"),
    path("sessions/<uuid:session_id>", api.SessionDetail.as_view(), name="api_session"),
    path("sessions/<uuid:session_id>/tickets", api.SessionTickets.as_view(), name="api_session_tickets"),
    path("sessions/<uuid:session_id>/turns", api.SessionTurns.as_view(), name="api_session_turns"),
    path("sessions/<uuid:session_id>/events", api.SessionEvents.as_view(), name="api_session_events"),
]
