"""A slice of `manage.py simulate_year`: fourteen months at the real services equal a recomputation that shares no code."""

from __future__ import annotations

from datetime import datetime

import pytest

from accounts.tenancy import unscoped
from benchmarks.year.driver import Driver
from benchmarks.year.happenings import expected
from benchmarks.year.plans import write_plans
from quotas.checks import ledger_differences
from quotas.models import Invoice
from tests.quotas.factories import utc


@pytest.mark.django_db
@pytest.mark.parametrize(("seed", "start", "last"), [(1, utc(2027, 12, 31), 6), (5, utc(2026, 1, 29), 3)])
def test_it_bills_a_year_to_the_last_cent(seed: int, start: datetime, last: int) -> None:
    plans = write_plans()
    years = Driver(seed=seed, first=0, last=last, start=start, days=425).run()
    for number, year in years.items():
        assert expected(year.events, plans) == (year.invoices, year.money_left), number
    with unscoped("a test looks at everything"):
        numbers = list(Invoice.objects.order_by("number").values_list("number", flat=True))
        assert ledger_differences() == []
    assert numbers == [f"INV-{n:06d}" for n in range(1, len(numbers) + 1)]
    assert len(numbers) > 20
