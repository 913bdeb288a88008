"""Pages about people, workspaces and keys."""

from django.urls import include, path

from accounts import views

urlpatterns = [
    path("workspaces/new/", views.workspace_new, name="workspace_new"),
    path("workspaces/switch/", views.workspace_switch, name="workspace_switch"),
    path("settings/", views.settings, name="settings"),
    path("settings/name/", views.workspace_rename, name="workspace_rename"),
    path("settings/origins/", views.embed_origins, name="embed_origins"),
    path("settings/leave/", views.workspace_leave, name="workspace_leave"),
    path("settings/members/", views.members_page, name="members"),
    path("settings/members/<uuid:membership_id>/role/", views.member_role, name="member_role"),
    path("settings/members/<uuid:membership_id>/remove/", views.member_remove, name="member_remove"),
    path("settings/invitations/", views.invitation_create, name="invitation_create"),
    path("settings/invitations/<uuid:invitation_id>/revoke/", views.invitation_revoke, name="invitation_revoke"),
    path("settings/audit/", views.audit, name="audit"),
    path("settings/browsers/<int:session_id>/end/", views.login_session_end, name="login_session_end"),
    path("invitations/<slug:token>/", views.invitation_accept, name="invitation_accept"),
    path("invitations/waiting/<uuid:invitation_id>/", views.invitation_accept_waiting, name="invitation_accept_waiting"),
    path("developers/keys/", views.api_keys, name="api_keys"),
    path("developers/keys/new/", views.api_key_new, name="api_key_new"),
    path("developers/keys/<uuid:key_id>/revoke/", views.api_key_revoke, name="api_key_revoke"),
    path("developers/webhooks/", include("accounts.webhooks.pages.urls")),
]
