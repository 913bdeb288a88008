"""REST paths of this room, below /api/v1/."""

from django.urls import include, path

from accounts import api

urlpatterns = [
    path("me", api.MeView.as_view(), name="api_me"),
    path("keys", api.KeysView.as_view(), name="api_keys_list"),
    path("keys/<uuid:key_id>", api.KeyView.as_view(), name="api_key"),
    path("audit", api.AuditView.as_view(), name="api_audit"),
    path("", include("accounts.webhooks.rest.urls")),
]
