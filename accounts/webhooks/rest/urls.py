"""Paths below /api/v1/."""

from django.urls import path

from accounts.webhooks.rest import views

urlpatterns = [
    path("webhooks", views.WebhooksView.as_view(), name="api_webhooks"),
    path("webhooks/<uuid:webhook_id>", views.WebhookView.as_view(), name="api_webhook"),
    path("webhooks/<uuid:webhook_id>/rotate", views.RotateView.as_view(), name="api_webhook_rotate"),
    path("webhooks/<uuid:webhook_id>/test", views.TestView.as_view(), name="api_webhook_test"),
    path("webhooks/<uuid:webhook_id>/replay", views.ReplayFailedView.as_view(), name="api_webhook_replay"),
    path("webhooks/<uuid:webhook_id>/deliveries", views.DeliveriesView.as_view(), name="api_webhook_deliveries"),
    path("webhooks/deliveries/<uuid:delivery_id>", views.DeliveryView.as_view(), name="api_webhook_delivery"),
    path("webhooks/deliveries/<uuid:delivery_id>/replay", views.ReplayView.as_view(), name="api_webhook_delivery_replay"),
]
