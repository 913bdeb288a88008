"""The writes that pages, the API and the operator call."""

from quotas.payment.accounts import checkout_url, payment_account, portal_url, refresh_account, set_payment_method
from quotas.payment.collection import collect_invoice, invoice_page_url
from quotas.payment.refunds import refund_payment
from quotas.payment.transfers import record_manual_payment

__all__ = [
    "checkout_url",
    "collect_invoice",
    "invoice_page_url",
    "payment_account",
    "portal_url",
    "record_manual_payment",
    "refresh_account",
    "refund_payment",
    "set_payment_method",
]
