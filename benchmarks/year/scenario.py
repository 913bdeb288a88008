"""What a workspace does in a year: drawn by a seed, without regard to what is allowed at that moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

PLANS = ("sim-basic", "sim-plus", "sim-max", "sim-year", "sim-decade", "sim-lite")
METRICS = ("avatar_ms", "tts_characters", "llm_input_tokens")
_OVERRIDES: tuple[dict[str, Any], ...] = (
    {"avatar_ms": {"included": 1_234_567}},
    {"tts_characters": {"included": 50, "unit_price": "0.333333333333", "unit_size": 7, "overage": "charge"}},
    {"base_price_minor": 7_777},
    {},
)
_ASSIGNED = {"base_price_minor": 12_345, "avatar_ms": {"unit_price": "1.000000000001", "unit_size": 1_000, "overage": "charge"}}


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Intent:
    """What a workspace will try at `at`."""

    at: datetime
    workspace: int
    kind: str
    facts: dict[str, Any] = field(default_factory=dict, compare=False)


def intents(*, workspace: int, seed: int, start: datetime, days: int) -> list[Intent]:
    """The year of workspace number `workspace`, in order; no two at the same moment."""
    random = Random(f"{seed}/{workspace}")
    joined = random.random() * 28
    drawn = [("join", joined, {}), *_plans(random, joined, days), *_uses(random, joined, days), *_rest(random, joined, days)]
    drawn.sort(key=lambda one: one[1])
    moments = _apart(start + timedelta(milliseconds=round(day * 86_400_000)) for _, day, _ in drawn)
    return [
        Intent(at=at, workspace=workspace, kind=kind, facts=facts) for at, (kind, _, facts) in zip(moments, drawn, strict=True)
    ]


def _apart(moments: Iterable[datetime]) -> Iterator[datetime]:
    """The same moments, those that coincide a microsecond apart."""
    last: datetime | None = None
    for moment in moments:
        last = moment if last is None or moment > last else last + timedelta(microseconds=1)
        yield last


Drawn = tuple[str, float, dict[str, Any]]


def _plans(random: Random, joined: float, days: int) -> Iterator[Drawn]:
    """Begin soon, on the stroke of midnight or on a last day of a month often enough; change a few times."""
    if random.random() < 0.1:
        return
    yield "change", joined + random.choice([0.01, 1, 3.5]), {"plan": random.choice(PLANS)}
    for _ in range(random.choice([1, 2, 3, 5])):
        changed = _some_day(random, joined, days)
        yield "change", changed, {"plan": random.choice(PLANS)}
        if random.random() < 0.7:  # what is not paid can't be given back
            yield "pay", changed - 0.001, {"days": 0}
        if random.random() < 0.2:
            yield "override", changed - 0.002, {"overrides": {"base_price_minor": random.randrange(60_000)}}
    if random.random() < 0.3:
        canceled = _some_day(random, joined, days)
        yield "cancel", canceled, {}
        if random.random() < 0.5:
            yield "resume", canceled + random.random() * 20, {}
    if random.random() < 0.2:
        yield "assign", _some_day(random, joined, days), {"plan": random.choice(PLANS), "overrides": _ASSIGNED}
    if random.random() < 0.3:
        yield "override", _some_day(random, joined, days), {"overrides": random.choice(_OVERRIDES)}


def _uses(random: Random, joined: float, days: int) -> Iterator[Drawn]:
    """Once or twice a week; some workspaces little, some a lot, each amount for itself."""
    scale, day = random.choice([0.3, 3, 10, 40]), joined + random.random()
    while day < days:
        metric = random.choice(METRICS)
        amount = max(1, round(scale * 10 ** (random.random() * 3) * {"avatar_ms": 1_000}.get(metric, 10)))
        yield "use", day, {"metric": metric, "amount": amount, "cost": f"{random.randrange(1, 10**9)}e-9"}
        day += random.expovariate(1 / 5)


def _rest(random: Random, joined: float, days: int) -> Iterator[Drawn]:
    """Credit, late use, taxes, payments, voids."""
    yield "tax", joined + 0.005, random.choice([{"rate": 0}, {"rate": 1_900}, {"rate": 775}, {"rate": 0, "reverse": True}])
    for _ in range(random.choice([1, 2, 4, 6])):
        money = random.random() < 0.5
        lasts = random.choice([None, random.uniform(1, 30), random.uniform(1, 90)])
        facts = {"metric": "" if money else random.choice(METRICS), "amount": random.randrange(1, 20_000 if money else 3_000_000)}
        yield "grant", _some_day(random, joined, days), facts | {"priority": random.choice([50, 100]), "lasts": lasts}
    for _ in range(random.choice([0, 1, 2, 3])):
        amount = random.randrange(-500, 90_000) or 1
        yield "late", _some_day(random, joined, days), {"metric": random.choice(METRICS), "amount": amount}
    if random.random() < 0.2:
        yield "purchase", _some_day(random, joined, days), {"price": random.randrange(1, 9_999)}
    if random.random() < 0.2:
        yield "tax", _some_day(random, joined, days), {"rate": random.choice([0, 700, 2_100])}
    if random.random() < 0.3:
        voided = _some_day(random, joined, days)
        yield "void", voided, {}
        if random.random() < 0.7:
            yield "reissue", voided + random.random(), {}
    for month in range(1, days // 30):
        yield "pay", month * 30 + random.random(), {"days": 9}


def _some_day(random: Random, joined: float, days: int) -> float:
    """Now and then exactly midnight: where periods begin and end, too."""
    day = random.uniform(joined + 0.02, days)
    return float(round(day)) if random.random() < 0.25 else day
