"""Paths below /developers/webhooks/."""

from django.urls import path

from accounts.webhooks.pages import views

urlpatterns = [
    path("", views.webhooks, name="webhooks"),
    path("new/", views.webhook_new, name="webhook_new"),
    path("<uuid:webhook_id>/", views.webhook, name="webhook"),
    path("<uuid:webhook_id>/edit/", views.webhook_edit, name="webhook_edit"),
    path("<uuid:webhook_id>/switch/", views.webhook_switch, name="webhook_switch"),
    path("<uuid:webhook_id>/rotate/", views.webhook_rotate, name="webhook_rotate"),
    path("<uuid:webhook_id>/test/", views.webhook_test, name="webhook_test"),
    path("<uuid:webhook_id>/replay/", views.webhook_replay, name="webhook_replay"),
    path("<uuid:webhook_id>/delete/", views.webhook_delete, name="webhook_delete"),
    path("deliveries/<uuid:delivery_id>/replay/", views.delivery_replay, name="webhook_delivery_replay"),
]
