"""Whom do you see and hear: avatars and voices."""

from django.apps import AppConfig


class AvatarsConfig(AppConfig):
    name = "avatars"
