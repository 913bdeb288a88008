"""Addresses of the pages of this app; config/urls.py includes them at the root."""

from django.urls import path

from sessions import views

urlpatterns = [
    path("sessions", views.sessions, name="sessions"),
    path("sessions/<uuid:session_id>", views.session_detail, name="session_detail"),
]
