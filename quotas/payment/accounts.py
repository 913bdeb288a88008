"""How a workspace pays: its account with us and at the provider, and the provider's pages for it."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from django.conf import settings

from accounts import audit
from accounts.errors import Invalid
from accounts.models import Membership, Role, Workspace
from accounts.tenancy import current_workspace_id
from quotas.models import BillingProfile, PaymentAccount, PaymentMethod
from quotas.payment.errors import BillingDisabled, MethodUnavailable
from quotas.payment.gateway import gateway_for, stripe_gateway
from quotas.payment.values import PageKind, Payer
from quotas.periods import subscription_of


def payment_account() -> PaymentAccount:
    """The scope's account; a workspace that has none gets one of the installation's method."""
    wanted = PaymentAccount(workspace_id=current_workspace_id(), method=settings.PAYMENT_METHOD)
    PaymentAccount.objects.bulk_create([wanted], ignore_conflicts=True)
    return PaymentAccount.objects.get()


def set_payment_method(method: str) -> PaymentAccount:
    """Change how the workspace pays from now on. Raises Invalid, BillingDisabled, MethodUnavailable."""
    if method not in PaymentMethod.values:
        raise Invalid(f"There is no payment method {method!r}.", code="unknown_payment_method")
    gateway_for(method)
    account = locked_account()
    if account.method != method:
        audit.record("payment_method.changed", before=account.method, after=method)
        account.method = method
        account.save(update_fields=["method"])
    return account


def checkout_url(return_url: str) -> str:
    """The provider's page where a card is put on file; the payer comes back to `return_url`, a path of ours.

    Raises BillingDisabled, MethodUnavailable, ProviderUnavailable, ProviderRefused, Invalid.
    """
    return _page_url(PageKind.CARD, return_url)


def portal_url(return_url: str) -> str:
    """The provider's page where cards are changed and removed. Raises what `checkout_url` does."""
    return _page_url(PageKind.PORTAL, return_url)


def _page_url(kind: PageKind, return_url: str) -> str:
    back = absolute(return_url)
    account = payment_account()
    gateway = gateway_for(account.method)
    if account.method == PaymentMethod.MANUAL:
        raise MethodUnavailable("Invoices are paid by bank transfer; no card is needed.")
    return gateway.page(kind, enrolled(account), back).url


def enrolled(account: PaymentAccount) -> Payer:
    """The payer, known to the provider. What a rolled back transaction forgot, the provider finds again by its key."""
    payer = payer_of(account)
    if payer.external_id or account.method == PaymentMethod.MANUAL:
        return payer
    account = locked_account()
    if not account.external_id:
        account.external_id = gateway_for(account.method).enroll(payer)
        account.save(update_fields=["external_id"])
    return payer_of(account)


def locked_account() -> PaymentAccount:
    """The scope's account; nobody else changes it before the transaction ends."""
    payment_account()
    return PaymentAccount.objects.select_for_update().get()


def payer_of(account: PaymentAccount) -> Payer:
    """The workspace as its invoices name it."""
    profile = BillingProfile.objects.first()
    workspace = Workspace.objects.get(pk=account.workspace_id)
    return Payer(
        workspace_id=account.workspace_id,
        name=(profile.name if profile else "") or workspace.name,
        email=billing_email(),
        currency=subscription_of(account.workspace_id).plan.currency,
        external_id=account.external_id,
    )


def billing_email() -> str:
    """To whom letters about money go: the address of the invoices, or the first owner's."""
    profile = BillingProfile.objects.first()
    if profile and profile.email:
        return profile.email
    owner = Membership.objects.select_related("user").filter(role=Role.OWNER).order_by("created_at").first()
    return owner.user.email if owner else ""


def refresh_account() -> bool:
    """Ask Stripe whether a means of payment is on file, and keep the answer; call it inside the workspace's scope.

    The row stays locked while Stripe is asked, so that of two answers the newer one is kept. True when there is another
    card than before.
    """
    if not settings.BILLING_ENABLED:
        raise BillingDisabled()
    account = locked_account()
    if not account.external_id:
        return False
    before, account.card_id = account.card_id, stripe_gateway().card_of(account.external_id)
    account.is_ready = bool(account.card_id)
    account.save(update_fields=["card_id", "is_ready"])
    return account.is_ready and account.card_id != before


def absolute(return_url: str) -> str:
    """A path of ours with its host. Raises Invalid for other hosts: a page of the provider must not lead to strangers."""
    url = urljoin(settings.BASE_URL + "/", return_url)
    if urlsplit(url)[:2] != urlsplit(settings.BASE_URL)[:2]:
        raise Invalid("The return address must be one of this installation.", code="foreign_return_url")
    return url
