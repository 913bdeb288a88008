"""Addresses of the pages of this app; config/urls.py includes them at the root."""

from django.urls import path

from avatars import views

urlpatterns = [
    path("studio", views.studio, name="studio"),
    path("avatars", views.avatars, name="avatars"),
    path("voices", views.voices, name="voices"),
    path("voices/<slug:voice_id>/sample.wav", views.voice_sample, name="voice_sample"),
]
