"""`POST /billing/stripe/events`: where Stripe tells what has happened. Keeps the event, answers, works later."""

from __future__ import annotations

import logging

import redis
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.errors import Problem
from accounts.rest.problems import MEDIA_TYPE, problem_of
from quotas.payment import tasks
from quotas.payment.errors import BillingDisabled, MethodUnavailable
from quotas.payment.inbox import receive

logger = logging.getLogger(__name__)
MAX_BYTES = 256 * 1024  # several times the largest event


@csrf_exempt
@require_POST
def stripe_events(request: HttpRequest) -> HttpResponse:
    """200 once the event is kept, known or not; 400 for a stranger's; 404 where Stripe is not used."""
    body = request.read(MAX_BYTES + 1)
    if len(body) > MAX_BYTES:
        return HttpResponse(status=413)
    try:
        event = receive(body, request.headers.get("Stripe-Signature", ""))
    except (BillingDisabled, MethodUnavailable) as error:
        return _refusal(error, 404)
    except Problem as error:
        return _refusal(error, error.status)
    if event is not None:
        _hand_over(event.pk)
    return HttpResponse(status=200)


def _hand_over(event_id: str) -> None:
    """To a worker. Should the queue be away, the clock finds the event in the inbox."""
    try:
        tasks.process_stripe_event.send(event_id)
    except redis.RedisError:
        logger.warning("The queue is away; event %s waits in the inbox.", event_id)


def _refusal(error: Problem, status: int) -> JsonResponse:
    return JsonResponse(problem_of(error) | {"status": status}, status=status, content_type=MEDIA_TYPE)
