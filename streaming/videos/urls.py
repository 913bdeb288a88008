"""REST addresses of the progress of videos, below /api/v1/."""

from django.urls import path

from streaming.videos import rest

urlpatterns = [path("videos/tickets", rest.VideoTickets.as_view(), name="api_video_tickets")]
