"""REST paths of this room, below /api/v1/."""

from django.urls import path

from quotas.rest import alerts, entitlements, money, plan, usage

urlpatterns = [
    path("usage", usage.UsageView.as_view(), name="api_usage"),
    path("entitlements", entitlements.EntitlementsView.as_view(), name="api_entitlements"),
    path("plans", plan.PlansView.as_view(), name="api_plans"),
    path("subscription", plan.SubscriptionView.as_view(), name="api_subscription"),
    path("subscription/preview", plan.SubscriptionPreview.as_view(), name="api_subscription_preview"),
    path("subscription/change", plan.SubscriptionChange.as_view(), name="api_subscription_change"),
    path("subscription/cancel", plan.SubscriptionCancel.as_view(), name="api_subscription_cancel"),
    path("subscription/resume", plan.SubscriptionResume.as_view(), name="api_subscription_resume"),
    path("credits", money.CreditsView.as_view(), name="api_credits"),
    path("invoices", money.InvoicesView.as_view(), name="api_invoices"),
    path("invoices/<uuid:invoice_id>", money.InvoiceView.as_view(), name="api_invoice"),
    path("invoices/<uuid:invoice_id>.pdf", money.InvoicePdf.as_view(), name="api_invoice_pdf"),
    path("invoices/<uuid:invoice_id>.csv", money.InvoiceCsv.as_view(), name="api_invoice_csv"),
    path("alerts", alerts.AlertsView.as_view(), name="api_alerts"),
    path("alerts/firings", alerts.FiringsView.as_view(), name="api_alert_firings"),
    path("alerts/firings/<uuid:firing_id>/seen", alerts.FiringSeen.as_view(), name="api_alert_seen"),
    path("alerts/<uuid:alert_id>", alerts.AlertView.as_view(), name="api_alert"),
    path("spend-cap", alerts.SpendCapView.as_view(), name="api_spend_cap"),
]
