"""What each event of a journal does to an account of the recomputation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from benchmarks.year.credit import Grant
from benchmarks.year.journal import Billed, Event, PlanFacts
from benchmarks.year.recompute import Account, Happening, replay

Facts = Mapping[str, Any]


def expected(events: list[Event], plans: Mapping[str, PlanFacts]) -> tuple[list[Billed], int]:
    """The invoices that a journal must lead to, in order, and the money credit that is left."""
    return replay(events, plans, HAPPENINGS)


def use(account: Account, facts: Facts, at: datetime) -> None:
    """Taken where it fits below the limit; whether it was is in the journal, and must be the same."""
    counter, amount = account.periods[-1].counters[facts["metric"]], facts["amount"]
    limit = counter.terms.ceiling
    if limit is not None:
        left = (grant.remaining for grant in account.grants if grant.metric == facts["metric"])
        limit += counter.burned.total + sum(left)
    fits = limit is None or counter.used + amount <= limit
    if fits != facts["accepted"]:
        raise AssertionError(f"{at}: {amount} of {facts['metric']} {'fits' if fits else 'does not fit'} below {limit}.")
    if fits:
        counter.used += amount
        counter.cost += Fraction(facts["cost"])


def grant(account: Account, facts: Facts, at: datetime) -> None:
    order = len(account.grants)
    account.grants.append(Grant(facts["metric"], facts["amount"], facts["priority"], facts["expires_at"], order, at))
    if facts["metric"]:
        account.burn(account.periods[-1])


def expire(account: Account, facts: Facts, at: datetime) -> None:
    account.burn(account.periods[-1])
    for one in account.grants:
        if one.expires_at is not None and one.expires_at <= at:
            one.remaining = 0


def change(account: Account, facts: Facts, at: datetime) -> None:
    plan, period = account.plans[facts["plan"]], account.periods[-1]
    costs_more = plan.base_minor > account.base(account.plan)
    if account.plan.code == "free" and plan.trial_days and not account.has_tried:
        account.has_tried = True
        restart(account, plan, {}, at, trial_until=at + timedelta(days=plan.trial_days))
    elif plan.months != account.plan.months or (period.is_trial and costs_more):
        restart(account, plan, {}, at)
    elif costs_more:
        account.burn(period)
        (restart if period.spend() else replace)(account, plan, {}, at)
    else:
        account.next_plan, account.cancels = plan, False


def assign(account: Account, facts: Facts, at: datetime) -> None:
    plan = account.plans[facts["plan"]]
    if plan.months != account.plan.months or account.periods[-1].is_trial:
        restart(account, plan, facts["overrides"], at)
    else:
        replace(account, plan, facts["overrides"], at)


def replace(account: Account, plan: PlanFacts, overrides: Facts, at: datetime) -> None:
    """The period goes on; what is left of it is charged at the new base price."""
    period = account.periods[-1]
    old = period.prepaid()
    account.plan, account.overrides, account.next_plan, account.cancels = plan, overrides, None, False
    account.retell()
    period.running = account.base(plan)
    account.prorate(old, period.running, at)


def restart(account: Account, plan: PlanFacts, overrides: Facts, at: datetime, *, trial_until: datetime | None = None) -> None:
    """The period ends here, a new one begins."""
    period = account.periods[-1]
    account.prorate(period.prepaid(), 0, at)
    period.end = at
    account.burn(period)
    account.plan, account.overrides, account.next_plan, account.cancels = plan, overrides, None, False
    account.anchor = trial_until or at
    account.open(at, trial_until=trial_until)


def override(account: Account, facts: Facts, at: datetime) -> None:
    account.overrides = facts["overrides"]
    account.retell()


def cancel(account: Account, facts: Facts, at: datetime) -> None:
    account.cancels, account.next_plan = True, None


def resume(account: Account, facts: Facts, at: datetime) -> None:
    account.cancels, account.next_plan = False, None


def late(account: Account, facts: Facts, at: datetime) -> None:
    period = next(one for one in account.periods if one.start == facts["starts_at"])
    counter = period.counters[facts["metric"]]
    account.waiting.append(("correction", facts["metric"], counter.price(counter.late_charge(facts["amount"]))))


def purchase(account: Account, facts: Facts, at: datetime) -> None:
    account.issue("purchase", [("purchase", "avatar_ms", facts["price"])], at)


def tax(account: Account, facts: Facts, at: datetime) -> None:
    account.tax_rate = facts["rate"]


def pay(account: Account, facts: Facts, at: datetime) -> None:
    for ordinal in facts["paid"]:
        account.invoices[ordinal].state = "paid"


def void(account: Account, facts: Facts, at: datetime) -> None:
    invoice = account.invoices[facts["ordinal"]]
    invoice.state = "void"
    for one, part in invoice.taken.parts:
        if one.expires_at is None or one.expires_at > at:
            one.remaining += part
        else:
            account.refund(part)
    invoice.taken.parts.clear()


def reissue(account: Account, facts: Facts, at: datetime) -> None:
    former = account.invoices[facts["ordinal"]]
    issued = account.issue(former.reason, [line for line in former.lines if line[0] != "credit"], at)
    for period in account.periods:
        if any(one is former for one in period.charging):
            period.charging.append(issued)


def tick(account: Account, facts: Facts, at: datetime) -> None:
    account.close(at)


def _nothing(account: Account, facts: Facts, at: datetime) -> None:
    """Joining is done; time has been turned already."""


HAPPENINGS: dict[str, Happening] = {
    "join": _nothing,
    "tick": tick,
    "use": use,
    "grant": grant,
    "expire": expire,
    "change": change,
    "assign": assign,
    "override": override,
    "cancel": cancel,
    "resume": resume,
    "late": late,
    "purchase": purchase,
    "tax": tax,
    "pay": pay,
    "void": void,
    "reissue": reissue,
}
