"""Addresses of the pages of this app; config/urls.py includes them at the root."""

from django.urls import path

from quotas.files import FILES
from quotas.pages import alerts, details, invoices, plan, usage
from quotas.payment.inbox_view import stripe_events

urlpatterns = [
    path("usage", usage.usage, name="usage"),
    path("usage.csv", usage.usage_csv, name="usage_csv"),
    path("billing", plan.billing, name="billing"),
    path("billing/plans/<slug:code>", plan.plan_switch, name="plan_switch"),
    path("billing/cancel", plan.plan_end, name="plan_end"),
    path("billing/resume", plan.plan_keep, name="plan_keep"),
    path("billing/details", details.billing_details, name="billing_details"),
    path("billing/details/address", details.profile_change, name="profile_change"),
    path("billing/details/card", details.payment_card, name="payment_card"),
    path("billing/details/portal", details.payment_portal, name="payment_portal"),
    path("billing/details/top-up", details.top_up_change, name="top_up_change"),
    path("billing/details/top-up/<slug:metric>/remove", details.top_up_end, name="top_up_end"),
    path("billing/invoices", invoices.invoices, name="invoices"),
    path("billing/invoices.csv", invoices.invoices_file, name="invoices_file"),
    path("billing/invoices/upcoming", invoices.invoice_upcoming, name="invoice_upcoming"),
    path("billing/invoices/<uuid:invoice_id>", invoices.invoice, name="invoice"),
    path("billing/invoices/<uuid:invoice_id>/sheet", invoices.invoice_sheet, name="invoice_sheet"),
    path("billing/invoices/<uuid:invoice_id>/pay", invoices.invoice_pay, name="invoice_pay"),
    *(
        path(f"billing/invoices/<uuid:invoice_id>.{kind}", invoices.invoice_file, {"kind": kind}, name="invoice_file")
        for kind in FILES
    ),
    path("billing/alerts", alerts.alerts, name="alerts"),
    path("billing/alerts/new", alerts.alert_add, name="alert_add"),
    path("billing/alerts/<uuid:rule_id>", alerts.alert_change, name="alert_change"),
    path("billing/alerts/<uuid:rule_id>/remove", alerts.alert_remove, name="alert_remove"),
    path("billing/alerts/firings/<uuid:firing_id>/seen", alerts.alert_seen, name="alert_seen"),
    path("billing/cap", alerts.cap_set, name="cap_set"),
    path("billing/cap/remove", alerts.cap_remove, name="cap_remove"),
    path("billing/stripe/events", stripe_events, name="stripe_events"),
]
