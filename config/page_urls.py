"""Addresses of the pages that belong to no single app; config/urls.py includes them at the root."""

from django.urls import path

from config import views

urlpatterns = [
    path("", views.front_door, name="front_door"),
    path("developers", views.developers, name="developers"),
    path("developers/reference", views.api_reference, name="api_reference"),
    path("frame/workspaces", views.workspace_menu, name="workspace_menu"),
]
