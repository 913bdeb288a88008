"""REST addresses of videos, below /api/v1/."""

from django.urls import path

from avatars.rest import videos

urlpatterns = [
    path("videos", videos.VideoList.as_view(), name="api_videos"),
    path("videos/<uuid:video_id>", videos.VideoDetail.as_view(), name="api_video"),
    path("videos/<uuid:video_id>/cancel", videos.VideoCancel.as_view(), name="api_video_cancel"),
]
