"""REST addresses of avatars and voices."""

from django.urls import path

from avatars import api

urlpatterns = [
    path("avatars", api.AvatarList.as_view(), name="api_avatars"),
    path("voices", api.VoiceList.as_view(), name="api_voices"),
]
