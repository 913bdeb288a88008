"""Pages: the list of webhooks, a new one, one with its deliveries; and the buttons on them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.pages import PageRequest, carried_out, workspace_page
from accounts.webhooks import selectors, services
from accounts.webhooks.models import WebhookEndpoint
from accounts.webhooks.pages.forms import EndpointForm, FilterForm, ReplayForm

PAGE_SIZE = 25
_READ, _WRITE = "webhooks:read", "webhooks:write"
_form_methods = require_http_methods(["GET", "HEAD", "POST"])


@workspace_page(_READ)
@require_GET
def webhooks(request: PageRequest) -> HttpResponse:
    """The workspace's webhooks."""
    context = {"endpoints": selectors.endpoints(), "can_write": request.access.allows(_WRITE)}
    return render(request, "webhooks/list.html", context)


@never_cache
@_form_methods
@workspace_page(_WRITE)
def webhook_new(request: PageRequest) -> HttpResponse:
    """Make a webhook and show its secret, this once."""
    form = EndpointForm(request.POST or None)
    made: list[services.Sealed] = []

    def create(**values: Any) -> None:
        made.append(services.endpoint_create(by=request.access, **values))

    if request.method == "POST" and carried_out(form, create):
        return _secret(request, made[0], status=201)
    return render(request, "webhooks/form.html", {"form": form})


@workspace_page(_READ)
@require_GET
def webhook(request: PageRequest, webhook_id: UUID) -> HttpResponse:
    """One webhook: what it is told of, and how that went."""
    endpoint = selectors.endpoint_get(webhook_id)
    filters = FilterForm(request.GET)
    chosen = filters.chosen()
    page = Paginator(selectors.deliveries(webhook_id, **chosen), PAGE_SIZE).get_page(request.GET.get("page"))
    logs = selectors.attempts_of(page)
    context = {
        "endpoint": endpoint,
        "can_write": request.access.allows(_WRITE),
        "page": page,
        "rows": [(delivery, logs[delivery.pk]) for delivery in page],
        "filters": filters,
        "is_filtered": any(chosen.values()),
        "query": "".join(f"&{name}={request.GET[name]}" for name in ("state", "type") if request.GET.get(name)),
        "replay": ReplayForm(),
    }
    return render(request, "webhooks/detail.html", context)


@_form_methods
@workspace_page(_WRITE)
def webhook_edit(request: PageRequest, webhook_id: UUID) -> HttpResponse:
    """Change URL, description and events."""
    endpoint = selectors.endpoint_get(webhook_id)
    form = EndpointForm(request.POST or None, initial=_values(endpoint))

    def change(**values: Any) -> None:
        services.endpoint_update(by=request.access, endpoint_id=webhook_id, changes=values)

    if request.method == "POST" and carried_out(form, change):
        messages.success(request, "The webhook is changed.")
        return redirect("webhook", webhook_id)
    return render(request, "webhooks/form.html", {"form": form, "endpoint": endpoint})


def _values(endpoint: WebhookEndpoint) -> dict[str, Any]:
    return {"url": endpoint.url, "description": endpoint.description, "event_types": endpoint.event_types}


@require_POST
@workspace_page(_WRITE)
def webhook_switch(request: PageRequest, webhook_id: UUID) -> HttpResponse:
    """Enable or disable."""
    enabled = request.POST.get("enabled") == "on"
    services.endpoint_update(by=request.access, endpoint_id=webhook_id, changes={"enabled": enabled})
    messages.success(request, "The webhook is enabled." if enabled else "The webhook is disabled.")
    return redirect("webhook", webhook_id)


@never_cache
@require_POST
@workspace_page(_WRITE)
def webhook_rotate(request: PageRequest, webhook_id: UUID) -> HttpResponse:
    """Make a new secret and show it, this once."""
    return _secret(request, services.endpoint_rotate(by=request.access, endpoint_id=webhook_id))


@require_POST
@workspace_page(_WRITE)
def webhook_test(request: PageRequest, webhook_id: UUID) -> HttpResponse:
    services.endpoint_test(by=request.access, endpoint_id=webhook_id)
    messages.success(request, "A test event is on its way. Reload the page to see the answer.")
    return redirect("webhook", webhook_id)


@require_POST
@workspace_page(_WRITE)
def webhook_replay(request: PageRequest, webhook_id: UUID) -> HttpResponse:
    """Send what failed again."""
    form = ReplayForm(request.POST)
    counts: list[int] = []

    def replay(**values: Any) -> None:
        counts.append(services.endpoint_replay_failed(by=request.access, endpoint_id=webhook_id, **values))

    if carried_out(form, replay):
        messages.success(request, f"Messages on their way again: {counts[0]}.")
    else:
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
    return redirect("webhook", webhook_id)


@require_POST
@workspace_page(_WRITE)
def webhook_delete(request: PageRequest, webhook_id: UUID) -> HttpResponse:
    services.endpoint_delete(by=request.access, endpoint_id=webhook_id)
    messages.success(request, "The webhook is deleted.")
    return redirect("webhooks")


@require_POST
@workspace_page(_WRITE)
def delivery_replay(request: PageRequest, delivery_id: UUID) -> HttpResponse:
    """Send one message again."""
    delivery = services.delivery_replay(by=request.access, delivery_id=delivery_id)
    messages.success(request, "The message is on its way again. Reload the page to see the answer.")
    return redirect("webhook", delivery.endpoint_id)


def _secret(request: HttpRequest, sealed: services.Sealed, *, status: int = 200) -> HttpResponse:
    return render(request, "webhooks/secret.html", {"endpoint": sealed.endpoint, "secret": sealed.secret}, status=status)
