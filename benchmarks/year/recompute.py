"""Every invoice of a simulated year, worked out anew from its journal: fractions, own calendar, own rules.

Written from docs/billing.md; it shares no code with the product, so that an error has to be made twice to stay hidden.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import floor
from typing import Any

from benchmarks.year.credit import Grant, Taken
from benchmarks.year.journal import Billed, Event, MetricFacts, PlanFacts

ORDER = ("avatar_ms", "render_ms", "tts_characters", "stt_ms", "llm_input_tokens", "llm_output_tokens")
NOTHING = MetricFacts(included=0, charges=False, ceiling=0, price=Fraction(0), size=1, markup_bp=None)
Line = tuple[str, str, int]
Happening = Callable[["Account", Mapping[str, Any], datetime], None]


def half_away(exact: Fraction) -> int:
    """The nearest whole number, halves away from zero."""
    whole = floor(abs(exact) + Fraction(1, 2))
    return whole if exact >= 0 else -whole


def months_later(anchor: datetime, months: int) -> datetime:
    """The same day of a later month, or its last day."""
    index = anchor.year * 12 + anchor.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return anchor.replace(year=year, month=month, day=min(anchor.day, monthrange(year, month)[1]))


@dataclass(slots=True)
class Counter:
    """One metric of one period."""

    terms: MetricFacts
    used: int = 0
    cost: Fraction = Fraction(0)
    late: int = 0
    burned: Taken = field(default_factory=lambda: Taken([]))

    def charged(self, used: int) -> int:
        if not self.terms.charges or self.terms.included is None:
            return 0
        return max(0, used - self.terms.included - self.burned.total)

    def price(self, charged: int) -> int:
        if self.terms.markup_bp is None:
            return half_away(Fraction(self.terms.price) * charged / self.terms.size)
        share = Fraction(charged, self.used) if self.used else Fraction(0)
        return half_away(self.cost * 100 * share * (1 + Fraction(self.terms.markup_bp, 10_000)))

    def late_charge(self, quantity: int) -> int:
        """What `quantity` more costs after the period was closed: what is left of its free amount first, to its ceiling."""
        before = self.used + self.late
        self.late += quantity
        return self._below_ceiling(before + quantity) - self._below_ceiling(before)

    def _below_ceiling(self, used: int) -> int:
        if self.terms.ceiling is not None:
            used = min(used, max(self.terms.ceiling + self.burned.total, self.used))
        return self.charged(used)


@dataclass(slots=True)
class Period:
    start: datetime
    end: datetime
    base: int
    is_trial: bool
    counters: dict[str, Counter]
    closed: bool = False
    running: int = 0
    charging: list[Issued] = field(default_factory=list)

    def spend(self) -> int:
        return sum(counter.price(counter.charged(counter.used)) for counter in self.counters.values())

    def prepaid(self) -> int:
        """The base price that goes back in part: none where all who charged it are void."""
        is_void = bool(self.charging) and all(issued.state == "void" for issued in self.charging)
        return 0 if is_void else self.running


@dataclass(slots=True)
class Issued:
    reason: str
    lines: list[Line]
    tax: int
    at: datetime
    state: str
    taken: Taken

    def billed(self) -> Billed:
        subtotal = sum(amount for _, _, amount in self.lines)
        return Billed(
            reason=self.reason,
            state=self.state,
            lines=tuple(self.lines),
            subtotal_minor=subtotal,
            tax_minor=self.tax,
            total_minor=subtotal + self.tax,
            issued_at=self.at,
        )


@dataclass(slots=True)
class Account:
    """A workspace, event by event."""

    plans: Mapping[str, PlanFacts]
    plan: PlanFacts
    anchor: datetime
    overrides: Mapping[str, Any] = field(default_factory=dict)
    next_plan: PlanFacts | None = None
    cancels: bool = False
    has_tried: bool = False
    tax_rate: int = 0
    periods: list[Period] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)
    waiting: list[Line] = field(default_factory=list)
    invoices: list[Issued] = field(default_factory=list)

    # --- time ---------------------------------------------------------------------------------------------------------
    def turn(self, at: datetime) -> None:
        """Open the periods that follow up to `at`; what was planned for an end happens there."""
        while self.periods[-1].end <= at:
            last = self.periods[-1]
            self.burn(last)
            if self.cancels:
                self.plan, self.anchor, self.overrides = self.plans["free"], last.end, {}
                self.next_plan, self.cancels = None, False
            elif self.next_plan is not None:
                self.plan, self.overrides, self.next_plan = self.next_plan, {}, None
            self.open(last.end)

    def open(self, start: datetime, *, trial_until: datetime | None = None) -> None:
        step = 0
        while months_later(self.anchor, (step + 1) * self.plan.months) <= start:
            step += 1
        end = trial_until or months_later(self.anchor, (step + 1) * self.plan.months)
        counters = {metric: Counter(self.terms(metric, trial=bool(trial_until))) for metric in ORDER}
        base = 0 if trial_until else self.base(self.plan)
        self.periods.append(Period(start, end, base, bool(trial_until), counters, running=base))

    def close(self, at: datetime) -> None:
        for number, period in enumerate(self.periods):
            if period.end <= at and not period.closed:
                self.burn(period)
                period.closed = True
                lines = self.lines(period, self.periods[number + 1]) + self.waiting
                if lines:
                    self.waiting = []
                    issued = self.issue("period", lines, at)
                    if self.periods[number + 1].base:
                        self.periods[number + 1].charging.append(issued)

    def lines(self, period: Period, following: Period) -> list[Line]:
        lines: list[Line] = [("base", "", following.base)] if following.base else []
        for metric, counter in period.counters.items():
            charged = counter.charged(counter.used)
            if counter.used - charged:
                lines.append(("usage", metric, 0))
            if charged:
                kind = "overage" if counter.terms.markup_bp is None else "pass_through"
                lines.append((kind, metric, counter.price(charged)))
        return lines

    # --- terms --------------------------------------------------------------------------------------------------------
    def base(self, plan: PlanFacts) -> int:
        return int(self.overrides.get("base_price_minor", plan.base_minor))

    def terms(self, metric: str, *, trial: bool) -> MetricFacts:
        terms, own = self.plan.metrics.get(metric, NOTHING), self.overrides.get(metric, {})
        terms = replace(
            terms,
            included=own.get("included", terms.included),
            ceiling=own.get("ceiling", terms.ceiling),
            price=Fraction(own.get("unit_price", terms.price)),
            size=own.get("unit_size", terms.size),
            charges=own.get("overage", "charge" if terms.charges else "block") == "charge" and not trial,
        )
        return terms if terms.charges else replace(terms, ceiling=terms.included)

    def retell(self) -> None:
        """The current period's terms are new; credit is burned by them."""
        period = self.periods[-1]
        for metric, counter in period.counters.items():
            counter.terms = self.terms(metric, trial=period.is_trial)
        self.burn(period)

    # --- credit and invoices ------------------------------------------------------------------------------------------
    def burn(self, period: Period) -> None:
        for metric, counter in period.counters.items():
            included = counter.terms.included
            excess = 0 if included is None else max(0, counter.used - included)
            grants = [grant for grant in self.grants if grant.metric == metric and grant.serves(period.start, period.end)]
            due = min(excess, counter.burned.total + sum(grant.remaining for grant in grants))
            if due > counter.burned.total:
                counter.burned.take(grants, due - counter.burned.total)
            else:
                counter.burned.give_back(counter.burned.total - due)

    def issue(self, reason: str, lines: list[Line], at: datetime) -> Issued:
        charges, taken = sum(amount for _, _, amount in lines), Taken([])
        if charges < 0:
            self.refund(-charges)
            lines = [*lines, ("credit", "", -charges)]
        elif charges:
            taken.take([grant for grant in self.grants if not grant.metric and grant.is_live(at)], charges)
            lines = [*lines, ("credit", "", -taken.total)] if taken.total else lines
        subtotal = sum(amount for _, _, amount in lines)
        tax = half_away(Fraction(subtotal * self.tax_rate, 10_000))
        self.invoices.append(Issued(reason, lines, tax, at, "open" if subtotal + tax else "paid", taken))
        return self.invoices[-1]

    def refund(self, amount: int) -> None:
        self.grants.append(Grant("", amount, 10, None, len(self.grants), datetime.min.replace(tzinfo=UTC)))

    def prorate(self, old: int, new: int, at: datetime) -> None:
        period, milli = self.periods[-1], timedelta(milliseconds=1)
        share = Fraction((period.end - at) // milli, (period.end - period.start) // milli)
        amounts = [half_away(-old * share), half_away(new * share)]
        lines: list[Line] = [("proration", "", amount) for amount in amounts if amount]
        if sum(amounts) < 0:
            self.refund(-sum(amounts))
        elif lines:
            period.charging.append(self.issue("change", lines, at))


def replay(events: list[Event], plans: Mapping[str, PlanFacts], happenings: Mapping[str, Happening]) -> tuple[list[Billed], int]:
    """The invoices that a journal must lead to, in order, and the money credit that is left."""
    joined = next(event.at for event in events if event.kind == "join").astimezone(UTC)
    anchor = joined.replace(hour=0, minute=0, second=0, microsecond=0)
    account = Account(plans=plans, plan=plans["free"], anchor=anchor)
    account.open(anchor)
    for event in events:
        if event.at >= joined:
            account.turn(event.at)
            happenings[event.kind](account, event.facts, event.at)
    return [issued.billed() for issued in account.invoices], sum(grant.remaining for grant in account.grants if not grant.metric)
