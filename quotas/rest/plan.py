"""REST: plans, the workspace's subscription, and moving to another plan."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest.documents import problems
from accounts.rest.idempotency import idempotent
from accounts.rest.views import WorkspaceView
from accounts.tenancy import current_workspace_id
from quotas import overview
from quotas.billing.subscriptions import plan_cancel, plan_change, plan_resume
from quotas.billing.terms import base_price_of
from quotas.periods import open_period
from quotas.previews import change_preview
from quotas.rest.parsing import KEY, body_of, query_of
from quotas.rest.plan_shapes import PlanChangeIn, PlanPreviewOut, PlansOut, SubscriptionOut

_CHANGED = {200: SubscriptionOut, **problems(400, 401, 403, 404, 409, 422, 429)}
_TAGS = ["Billing"]


class PlansView(WorkspaceView):
    """What is on offer."""

    scopes = {"GET": "billing:read"}

    @extend_schema(operation_id="listPlans", tags=_TAGS, responses={200: PlansOut, **problems(401, 403, 429)})
    def get(self, request: Request) -> Response:
        """The plans on offer and the workspace's own, with what each includes and what more costs."""
        return Response(PlansOut({"results": overview.offered_plans()}).data)


class SubscriptionView(WorkspaceView):
    """The workspace's plan."""

    scopes = {"GET": "billing:read"}

    @extend_schema(operation_id="getSubscription", tags=_TAGS, responses={200: SubscriptionOut, **problems(401, 403, 429)})
    def get(self, request: Request) -> Response:
        """The plan, its period, and what is planned for its end."""
        return subscription_now()


class SubscriptionPreview(WorkspaceView):
    """What a change would cost."""

    scopes = {"GET": "billing:read"}

    @extend_schema(
        operation_id="previewPlanChange",
        tags=_TAGS,
        parameters=[OpenApiParameter("plan", str, required=True, description="A plan's code.")],
        responses={200: PlanPreviewOut, **problems(400, 401, 403, 404, 409, 429)},
    )
    def get(self, request: Request) -> Response:
        """What a change to `plan` would do now, prorated to the millisecond. Nothing is changed."""
        code = query_of(PlanChangeIn, request)["plan"]
        return Response(PlanPreviewOut(change_preview(plan_code=code, at=timezone.now())).data)


class SubscriptionChange(WorkspaceView):
    """To another plan."""

    scopes = {"POST": "billing:write"}

    @extend_schema(operation_id="changePlan", tags=_TAGS, request=PlanChangeIn, parameters=[KEY], responses=_CHANGED)
    def post(self, request: Request) -> Response:
        """Move to another plan: to a larger one at once, prorated; to a smaller one when the period ends."""
        return idempotent(request, lambda: self._change(body_of(PlanChangeIn, request)["plan"]))

    def _change(self, code: str) -> Response:
        plan_change(plan_code=code)
        return subscription_now()


class SubscriptionCancel(WorkspaceView):
    """Back to the free plan."""

    scopes = {"POST": "billing:write"}

    @extend_schema(operation_id="cancelPlan", tags=_TAGS, request=None, parameters=[KEY], responses=_CHANGED)
    def post(self, request: Request) -> Response:
        """Go back to the free plan when the period ends."""
        return idempotent(request, self._cancel)

    def _cancel(self) -> Response:
        plan_cancel()
        return subscription_now()


class SubscriptionResume(WorkspaceView):
    """Stay after all."""

    scopes = {"POST": "billing:write"}

    @extend_schema(operation_id="resumePlan", tags=_TAGS, request=None, parameters=[KEY], responses=_CHANGED)
    def post(self, request: Request) -> Response:
        """Take back a cancellation, or a smaller plan that has not begun."""
        return idempotent(request, self._resume)

    def _resume(self) -> Response:
        plan_resume()
        return subscription_now()


def subscription_now() -> Response:
    """The subscription as it is."""
    period = open_period(current_workspace_id(), timezone.now())
    subscription = period.subscription
    body: dict[str, Any] = {
        "plan": subscription.plan,
        "status": subscription.status,
        "currency": subscription.plan.currency,
        "base_price_minor": base_price_of(subscription, subscription.plan),
        "interval": subscription.plan.interval,
        "period_start": period.starts_at,
        "period_end": period.ends_at,
        "is_trial": period.is_trial,
        "next_plan": subscription.next_plan,
        "cancel_at": subscription.cancel_at,
        "grace_until": subscription.grace_until,
    }
    return Response(SubscriptionOut(body).data)
