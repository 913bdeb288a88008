"""REST addresses of avatars and voices."""

from django.urls import path

from avatars import api
from avatars.rest import block_urls

urlpatterns = [
    *block_urls.urlpatterns,
    path("avatars", api.AvatarList.as_view(), name="api_avatars"),
    path("voices", api.VoiceList.as_view(), name="api_voices"),
]
