"""What every installation sells at first: amounts, prices and where charging stops. `plans.py` writes it down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from quotas.metrics import GAUGES, Metric
from quotas.models import Interval

FREE = "free"
_MINUTE_MS = 60_000
_HOUR_MS = 60 * _MINUTE_MS
_GB = 1_000_000_000
_MONTHS = 12
_MONTHS_PAID = 10  # of a year in advance


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Of use above what is included: minor units for `unit_size` units; it is charged up to `times` the included amount."""

    unit_price: Decimal
    unit_size: int
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A plan as it is sold. `included`: metric → amount a period, None without limit; what has no price stops there."""

    code: str
    name: str
    price_minor: int
    included: Mapping[Metric, int | None]
    prices: Mapping[Metric, Price] = field(default_factory=dict)
    interval: Interval = Interval.MONTH
    trial_days: int = 0
    is_public: bool = True


def _prices(times: int, **amounts: str) -> dict[Metric, Price]:
    return {
        Metric(metric): Price(unit_price=Decimal(amount), unit_size=_UNIT_SIZES[Metric(metric)], times=times)
        for metric, amount in amounts.items()
    }


def _yearly(offer: Offer) -> Offer:
    """The same for a year in advance: ten months' price, twelve months' use, as many places."""
    included = {
        metric: amount if metric in GAUGES or amount is None else amount * _MONTHS for metric, amount in offer.included.items()
    }
    return replace(
        offer,
        code=f"{offer.code}-yearly",
        name=f"{offer.name}, yearly",
        price_minor=offer.price_minor * _MONTHS_PAID,
        included=included,
        interval=Interval.YEAR,
    )


_UNIT_SIZES = {
    Metric.AVATAR_MS: _MINUTE_MS,
    Metric.RENDER_MS: _MINUTE_MS,
    Metric.TTS_CHARACTERS: 1_000,
    Metric.STT_MS: _MINUTE_MS,
    Metric.LLM_INPUT_TOKENS: 1_000_000,
    Metric.LLM_OUTPUT_TOKENS: 1_000_000,
}
_FREE_OFFER = Offer(
    code=FREE,
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
)
_STARTER = Offer(
    code="starter",
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
    prices=_prices(
        5,
        avatar_ms="10",
        render_ms="20",
        tts_characters="3",
        stt_ms="1",
        llm_input_tokens="100",
        llm_output_tokens="400",
    ),
)
_PRO = Offer(
    code="pro",
    name="Pro",
    price_minor=299_00,
    trial_days=14,
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
    prices=_prices(
        10,
        avatar_ms="7",
        render_ms="15",
        tts_characters="2.5",
        stt_ms="0.8",
        llm_input_tokens="80",
        llm_output_tokens="320",
    ),
)
_ENTERPRISE = Offer(code="enterprise", name="Enterprise", price_minor=0, is_public=False, included=dict.fromkeys(Metric))
OFFERS = (_FREE_OFFER, _STARTER, _yearly(_STARTER), _PRO, _yearly(_PRO), _ENTERPRISE)
