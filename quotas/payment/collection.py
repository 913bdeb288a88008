"""Collecting open invoices by itself: on the day of issue and 3, 5 and 7 days later, until one attempt succeeds.

One payment at the provider per invoice, which can succeed once only, is known to us before it is charged: neither a lost
answer nor a second worker nor a crash can charge twice.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from accounts.tenancy import unscoped, workspace_scope
from quotas.billing.dues import due_minor
from quotas.billing.standing import locked_invoice
from quotas.models import Invoice, InvoiceCollection, InvoiceState, PaymentAccount, PaymentMethod
from quotas.payment.accounts import absolute, enrolled, locked_account, payer_of, payment_account
from quotas.payment.errors import NotPayable, ProviderRefused, ProviderUnavailable
from quotas.payment.gateway import gateway_for
from quotas.payment.notices import tell_of_failure
from quotas.payment.receipts import enter
from quotas.payment.values import Demand, Outcome, PageKind, PaymentStatus

logger = logging.getLogger(__name__)
ATTEMPT_DAYS = (0, 3, 5, 7)
CLAIM = timedelta(hours=1)  # an attempt whose worker died is repeated, with the same key, after this
AGAIN = timedelta(minutes=15)  # the provider could not be reached
_FAILURES = (PaymentStatus.FAILED, PaymentStatus.ACTION_REQUIRED, PaymentStatus.CANCELED)


def due_collections(now: datetime, limit: int = 500) -> list[tuple[UUID, UUID]]:
    """(workspace, invoice) of every open invoice that should be charged now; empty while billing is off."""
    if not settings.BILLING_ENABLED:
        return []
    with unscoped("open invoices of every workspace are collected"):
        ready = PaymentAccount.objects.filter(method=PaymentMethod.STRIPE, is_ready=True).values("workspace_id")
        begun = InvoiceCollection.objects.filter(Q(next_at=None) | Q(next_at__gt=now)).values("invoice_id")
        rows = Invoice.objects.filter(state=InvoiceState.OPEN, workspace_id__in=ready, total_minor__gt=0)
        return list(rows.exclude(pk__in=begun).order_by("issued_at").values_list("workspace_id", "pk")[:limit])


def collect_invoice(*, workspace_id: UUID, invoice_id: UUID, now: datetime) -> Outcome | None:
    """Make the attempt that is due; None when none is. Call it outside of any scope: it waits for the provider.

    A provider that does not answer is asked again later, with the same key.
    """
    if not settings.BILLING_ENABLED:
        return None
    with workspace_scope(workspace_id):
        demand = _claim(invoice_id, now)
    if demand is None:
        return None
    try:
        demand = _prepared(demand)
        outcome = gateway_for(PaymentMethod.STRIPE).charge(demand)
    except ProviderUnavailable:
        logger.warning("The payment provider does not answer; invoice %s is collected later.", demand.number)
        with workspace_scope(workspace_id):
            InvoiceCollection.objects.filter(invoice_id=invoice_id).update(next_at=now + AGAIN)
        return None
    except ProviderRefused as error:
        outcome = _refused(demand, error)
    with workspace_scope(workspace_id):
        _keep(demand, outcome, now)
    return outcome


def invoice_page_url(*, invoice_id: UUID, return_url: str) -> str:
    """The provider's page where one open invoice is paid, whatever the payer's bank wants to know.

    Raises NotFound, NotPayable, BillingDisabled, MethodUnavailable, ProviderUnavailable, ProviderRefused, Invalid.
    """
    back, account = absolute(return_url), payment_account()
    gateway = gateway_for(account.method)
    payer = enrolled(account)
    invoice = locked_invoice(invoice_id)
    collection = _collection(invoice)
    amount = due_minor(invoice)
    if not amount:
        raise NotPayable()
    demand = _demand(invoice, collection, amount, payer_account=account)
    page = gateway.page(PageKind.INVOICE, payer, back, replace(demand, payer=payer))
    InvoiceCollection.objects.filter(pk=collection.pk).update(page_id=page.id)
    return page.url


def try_again_now(now: datetime) -> list[UUID]:
    """A new card is on file: every open invoice of the scope's workspace is due at once. Returns their ids."""
    rows = Invoice.objects.filter(state=InvoiceState.OPEN, total_minor__gt=0)
    for invoice in rows:
        _collection(invoice)
    InvoiceCollection.objects.filter(invoice__in=rows).update(next_at=now)
    return [invoice.pk for invoice in rows]


def note_late_failure(invoice: Invoice, outcome: Outcome) -> None:
    """A debit that was pending has come back: tell it as any failure. The next attempt is planned already."""
    collection = _collection(invoice)
    is_ours = collection.intent_id == outcome.reference and collection.attempts and not collection.failure
    if is_ours and outcome.status in _FAILURES and invoice.state == InvoiceState.OPEN:
        collection.failure = outcome.failure or "declined"
        collection.save(update_fields=["failure"])
        tell_of_failure(invoice, collection, due_minor(invoice))


def next_attempt(issued_at: datetime, attempts: int, now: datetime) -> datetime | None:
    """When the attempt after `attempts` of them is due; None after the last. Two are at least a day apart."""
    if attempts >= len(ATTEMPT_DAYS):
        return None
    planned = issued_at + timedelta(days=ATTEMPT_DAYS[attempts])
    return max(planned, now + timedelta(days=1)) if attempts else planned


def _claim(invoice_id: UUID, now: datetime) -> Demand | None:
    """Take the attempt for this worker. The attempt's number moves only when its outcome is known."""
    account = locked_account()
    invoice = locked_invoice(invoice_id)
    amount = due_minor(invoice)
    is_wanted = invoice.state == InvoiceState.OPEN and account.method == PaymentMethod.STRIPE and account.is_ready
    if not (amount and is_wanted):
        return None
    collection = _collection(invoice)
    if collection.next_at is None or collection.next_at > now:
        return None
    collection.next_at = now + CLAIM
    collection.save(update_fields=["next_at"])
    return _demand(invoice, collection, amount, payer_account=account)


def _collection(invoice: Invoice) -> InvoiceCollection:
    row = InvoiceCollection(workspace_id=invoice.workspace_id, invoice=invoice, next_at=invoice.issued_at)
    InvoiceCollection.objects.bulk_create([row], ignore_conflicts=True)
    return InvoiceCollection.objects.select_for_update().get(invoice=invoice)


def _demand(invoice: Invoice, collection: InvoiceCollection, amount: int, *, payer_account: PaymentAccount) -> Demand:
    return Demand(
        payer=payer_of(payer_account),
        invoice_id=invoice.pk,
        number=invoice.number,
        amount_minor=amount,
        currency=invoice.currency,
        attempt=collection.attempts + 1,
        reference=collection.intent_id,
        page=collection.page_id,
    )


def _prepared(demand: Demand) -> Demand:
    """The demand with the provider's reference, which is written down before anything is charged."""
    if demand.reference:
        return demand
    reference = gateway_for(PaymentMethod.STRIPE).prepare(demand)
    with workspace_scope(demand.payer.workspace_id):
        InvoiceCollection.objects.filter(invoice_id=demand.invoice_id).update(intent_id=reference)
    return replace(demand, reference=reference)


def _refused(demand: Demand, error: ProviderRefused) -> Outcome:
    code = str(error.extra.get("provider_code") or error.code)
    return Outcome(
        status=PaymentStatus.FAILED,
        reference=demand.reference,
        amount_minor=demand.amount_minor,
        currency=demand.currency,
        failure=code,
    )


def _keep(demand: Demand, outcome: Outcome, now: datetime) -> None:
    """Write down how the attempt went. Repeated, it changes nothing: attempts are counted by the demand's number."""
    invoice = locked_invoice(demand.invoice_id)
    collection = _collection(invoice)
    if outcome.reference:
        enter(invoice_id=invoice.pk, method=PaymentMethod.STRIPE, outcome=outcome, at=now)
    if collection.attempts >= demand.attempt:
        return
    has_failed = outcome.status in _FAILURES
    collection.attempts = demand.attempt
    collection.failure = outcome.failure if has_failed else ""
    collection.needs_payer = outcome.status is PaymentStatus.ACTION_REQUIRED
    is_over = outcome.status in (PaymentStatus.PAID, PaymentStatus.REFUNDED)
    collection.next_at = None if is_over else next_attempt(invoice.issued_at or now, demand.attempt, now)
    if outcome.status is PaymentStatus.CANCELED:
        collection.intent_id = ""
    collection.save()
    if has_failed:
        tell_of_failure(invoice, collection, due_minor(invoice))
