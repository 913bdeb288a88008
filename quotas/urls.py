"""REST paths of this room, below /api/v1/."""

from django.urls import path

from quotas import api

urlpatterns = [path("usage", api.UsageView.as_view(), name="api_usage")]
