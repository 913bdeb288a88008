"""The plans that every installation starts with. A changed figure is a new version; subscribers keep theirs."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from quotas.metrics import Metric
from quotas.models import Plan, PlanAllowance

FREE = "free"
_MINUTE_MS = 60_000
_HOUR_MS = 60 * _MINUTE_MS
_GB = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A plan as it is sold. `included`: metric → amount a period, None without limit."""

    code: str
    version: int
    name: str
    price_minor: int
    included: dict[Metric, int | None]
    is_public: bool = True


OFFERS = (
    Offer(
        code=FREE,
        version=1,
        name="Free",
        price_minor=0,
        included={
            Metric.CONCURRENT_SESSIONS: 2,
            Metric.STORAGE_BYTES: 1 * _GB,
            Metric.VOICES: 1,
            Metric.AVATARS: 3,
            Metric.MEMBERS: 3,
            Metric.AVATAR_MS: 30 * _MINUTE_MS,
            Metric.RENDER_MS: 5 * _MINUTE_MS,
            Metric.TTS_CHARACTERS: 20_000,
            Metric.STT_MS: _HOUR_MS,
            Metric.LLM_INPUT_TOKENS: 500_000,
            Metric.LLM_OUTPUT_TOKENS: 100_000,
        },
    ),
    Offer(
        code="starter",
        version=1,
        name="Starter",
        price_minor=49_00,
        included={
            Metric.CONCURRENT_SESSIONS: 10,
            Metric.STORAGE_BYTES: 20 * _GB,
            Metric.VOICES: 5,
            Metric.AVATARS: 25,
            Metric.MEMBERS: 10,
            Metric.AVATAR_MS: 10 * _HOUR_MS,
            Metric.RENDER_MS: 60 * _MINUTE_MS,
            Metric.TTS_CHARACTERS: 400_000,
            Metric.STT_MS: 20 * _HOUR_MS,
            Metric.LLM_INPUT_TOKENS: 10_000_000,
            Metric.LLM_OUTPUT_TOKENS: 2_000_000,
        },
    ),
    Offer(
        code="pro",
        version=1,
        name="Pro",
        price_minor=299_00,
        included={
            Metric.CONCURRENT_SESSIONS: 50,
            Metric.STORAGE_BYTES: 200 * _GB,
            Metric.VOICES: 50,
            Metric.AVATARS: 250,
            Metric.MEMBERS: 50,
            Metric.AVATAR_MS: 100 * _HOUR_MS,
            Metric.RENDER_MS: 10 * _HOUR_MS,
            Metric.TTS_CHARACTERS: 4_000_000,
            Metric.STT_MS: 200 * _HOUR_MS,
            Metric.LLM_INPUT_TOKENS: 100_000_000,
            Metric.LLM_OUTPUT_TOKENS: 20_000_000,
        },
    ),
    Offer(
        code="enterprise",
        version=1,
        name="Enterprise",
        price_minor=0,
        is_public=False,
        included=dict.fromkeys(Metric),
    ),
)


@transaction.atomic
def seed_plans() -> list[Plan]:
    """Write the offers that are missing; return those that were written."""
    return [plan for offer in OFFERS if (plan := _seed(offer)) is not None]


def _seed(offer: Offer) -> Plan | None:
    plan, created = Plan.objects.get_or_create(
        code=offer.code,
        version=offer.version,
        defaults={"name": offer.name, "base_price_minor": offer.price_minor, "is_public": offer.is_public},
    )
    if not created:
        return None
    PlanAllowance.objects.bulk_create(
        PlanAllowance(plan=plan, metric=metric, included=included) for metric, included in offer.included.items()
    )
    return plan


def current_plan(code: str) -> Plan:
    """The newest version of a plan; writes the offers first where none are."""
    newest = Plan.objects.filter(code=code).order_by("-version")
    plan = newest.first()
    if plan is None:
        seed_plans()
        plan = newest[:1].get()
    return plan
