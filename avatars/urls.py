"""Addresses of the pages of this app; config/urls.py includes them at the root."""

from django.urls import path

from avatars import file_view, views
from avatars.pages import videos

urlpatterns = [
    path("studio", views.studio, name="studio"),
    path("avatars", views.avatars, name="avatars"),
    path("avatars/new", views.avatar_new, name="avatar_new"),
    path("avatars/<uuid:avatar_id>/delete", views.avatar_remove, name="avatar_remove"),
    path("files/<uuid:workspace_id>/<uuid:file_id>/<str:name>", file_view.file, name="file"),
    path("videos", videos.videos, name="videos"),
    path("videos/new", videos.video_new, name="video_new"),
    path("videos/<uuid:video_id>", videos.video_detail, name="video_detail"),
    path("videos/<uuid:video_id>/card", videos.video_card, name="video_card"),
    path("videos/<uuid:video_id>/again", videos.video_again, name="video_again"),
    path("videos/<uuid:video_id>/stop", videos.video_stop, name="video_stop"),
    path("videos/<uuid:video_id>/remove", videos.video_remove, name="video_remove"),
    path("voices", views.voices, name="voices"),
    path("voices/<slug:voice_id>/sample.wav", views.voice_sample, name="voice_sample"),
]
