"""REST addresses of the building blocks, below /api/v1/."""

from django.urls import path

from avatars.rest import blocks

urlpatterns = [
    path("speech", blocks.SpeechView.as_view(), name="api_speech"),
    path("lipsync", blocks.LipsyncView.as_view(), name="api_lipsync"),
]
