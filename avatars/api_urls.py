"""REST addresses of avatars and voices."""

from django.urls import path

from avatars import api
from avatars.rest import avatars, block_urls, video_urls

urlpatterns = [
    *block_urls.urlpatterns,
    *video_urls.urlpatterns,
    path("avatars", avatars.AvatarList.as_view(), name="api_avatars"),
    path("avatars/<uuid:avatar_id>", avatars.AvatarDetail.as_view(), name="api_avatar"),
    path("avatars/<uuid:avatar_id>/choice", avatars.AvatarChoice.as_view(), name="api_avatar_choice"),
    path("voices", api.VoiceList.as_view(), name="api_voices"),
]
