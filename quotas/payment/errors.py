"""What can go wrong with paying, as callers see it."""

from __future__ import annotations

from accounts.errors import Conflict, Problem


class BillingDisabled(Conflict):
    code = "billing_disabled"
    title = "Billing is switched off here: use is counted, nothing is to be paid"


class MethodUnavailable(Conflict):
    code = "payment_method_unavailable"
    title = "This way of paying is not available here"
    hint = "Pay by bank transfer, or ask the operator."


class NotPayable(Conflict):
    code = "invoice_not_payable"
    title = "Nothing is to be paid on this invoice now"


class ReferenceUsed(Conflict):
    code = "payment_reference_used"
    title = "A payment with this reference was recorded with another amount or invoice"


class ProviderUnavailable(Problem):
    """The provider can't be reached or is overloaded: whether it acted is not known, and repeating is safe."""

    status = 503
    code = "payment_provider_unavailable"
    title = "The payment provider does not answer"
    hint = "Try again in a few minutes. Nothing is charged twice."


class ProviderRefused(Problem):
    """The provider understood and said no: our request or our settings are wrong."""

    status = 502
    code = "payment_provider_refused"
    title = "The payment provider refused the request"
