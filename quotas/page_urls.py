"""Addresses of the pages of this app; config/urls.py includes them at the root."""

from django.urls import path

from quotas import views

urlpatterns = [
    path("usage", views.usage, name="usage"),
    path("usage.csv", views.usage_csv, name="usage_csv"),
]
