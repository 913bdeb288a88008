"""What pages and warnings read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas.metrics import METERED, Metric
from quotas.selectors import remaining, share_used, usage_of, usage_summary
from quotas.services import settle
from tests.quotas.factories import subscribe, take, usage

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]


def test_it_rounds_the_share_down_so_that_a_warning_is_never_early(workspace: Workspace) -> None:
    subscribe(workspace, avatar_ms=1000)
    with workspace_scope(workspace.pk):
        hold = take(900)
        settle(hold_id=hold.id, used=799, sequence=1, usage=usage())
        assert share_used(Metric.AVATAR_MS) == 79
        settle(hold_id=hold.id, used=1, sequence=2, usage=usage())
        assert share_used(Metric.AVATAR_MS) == 80
        assert remaining(Metric.AVATAR_MS) == 100


def test_it_knows_no_share_without_a_limit_and_a_full_one_where_nothing_is_allowed(workspace: Workspace) -> None:
    subscribe(workspace, avatar_ms=None)
    with workspace_scope(workspace.pk):
        take(10**12)
        assert (share_used(Metric.AVATAR_MS), remaining(Metric.AVATAR_MS)) == (0, None)
        assert (share_used(Metric.TTS_CHARACTERS), remaining(Metric.TTS_CHARACTERS)) == (100, 0)


def test_it_shows_everything_that_the_product_takes_from_the_meter() -> None:
    code = "".join(path.read_text() for room in ("avatars", "sessions", "streaming") for path in (ROOT / room).rglob("*.py"))
    taken = {Metric[name] for name in re.findall(r"\bMetric\.([A-Z_]+)\b", code)}
    assert Metric.AVATAR_MS in taken
    assert taken - set(METERED) == set()


def test_it_summarises_the_enforced_metrics_and_shows_overrun(workspace: Workspace) -> None:
    subscribe(workspace, avatar_ms=1000)
    with workspace_scope(workspace.pk):
        settle(hold_id=take(1000).id, used=1250, sequence=1, usage=usage())
        assert [row.metric for row in usage_summary()] == list(METERED)
        time = usage_of(Metric.AVATAR_MS)
        assert (time.used, time.overrun, time.percent, time.remaining) == (1000, 250, 100, 0)
        assert (time.unit, time.resets_at) == ("ms", time.period_end)
