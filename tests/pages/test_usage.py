"""The Usage page, its CSV, and the figures that it draws."""

from __future__ import annotations

import csv
import html
import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import ApiKey, Workspace
from accounts.tenancy import workspace_scope
from avatars.models import Avatar, AvatarState
from quotas.billing.subscriptions import plan_change
from quotas.figures import CHART_HEIGHT, CHART_WIDTH, chart, meter, shares
from quotas.metrics import GAUGES, Metric
from quotas.models import Allowance
from quotas.selectors import DayUsage, MetricUsage
from quotas.services import release, reserve
from quotas.templatetags.units import amount, clock, limit, seconds
from tests.pages.html import Page
from tests.quotas.factories import used
from tests.quotas.pages.reading import text_of

START = datetime(2026, 3, 1, tzinfo=UTC)


def usage(*, used: int, ceiling: int | None = 1000, held: int = 0) -> MetricUsage:
    return MetricUsage(
        metric=Metric.TTS_CHARACTERS,
        label="Spoken characters",
        unit="characters",
        limit=ceiling,
        used=used,
        held=held,
        remaining=None if ceiling is None else ceiling - used - held,
        overrun=0,
        percent=0,
        plan_name="Free",
        period_start=START,
        period_end=START + timedelta(days=30),
        resets_at=START + timedelta(days=30),
    )


@pytest.mark.parametrize(("used", "tone"), [(0, ""), (799, ""), (800, "is-warning"), (999, "is-warning"), (1000, "is-over")])
def test_it_warns_from_eighty_percent(used: int, tone: str) -> None:
    drawn = meter(usage(used=used), START)
    assert (drawn.percent, drawn.tone) == (used / 10, tone)


def test_it_draws_what_is_held_beside_what_is_used() -> None:
    drawn = meter(usage(used=900, held=300), START)
    assert (drawn.percent, drawn.held_percent) == (90, 10)


def test_it_draws_no_share_without_a_limit() -> None:
    drawn = meter(usage(used=900, ceiling=None), START)
    assert (drawn.percent, drawn.tone, drawn.forecast_is_over) == (0, "", False)


def test_it_shows_a_plan_that_includes_nothing_as_full() -> None:
    assert meter(usage(used=0, ceiling=0), START).tone == "is-over"


def test_it_forecasts_at_the_pace_so_far() -> None:
    drawn = meter(usage(used=400), START + timedelta(days=10))
    assert (drawn.forecast, drawn.forecast_is_over) == (1200, True)


def test_it_forecasts_nothing_on_the_first_day() -> None:
    assert meter(usage(used=400), START + timedelta(hours=23)).forecast is None


def test_it_draws_days_in_proportion() -> None:
    days = [DayUsage(date(2026, 3, 1), 0), DayUsage(date(2026, 3, 2), 50), DayUsage(date(2026, 3, 3), 100)]
    drawn = chart(Metric.TTS_CHARACTERS, days)
    assert [column.height for column in drawn.columns] == [0, CHART_HEIGHT / 2, CHART_HEIGHT]
    assert (drawn.top, drawn.total, drawn.today) == (100, 150, 100)
    assert drawn.columns[-1].x + drawn.columns[-1].width <= CHART_WIDTH


def test_it_keeps_a_tiny_day_visible() -> None:
    drawn = chart(Metric.TTS_CHARACTERS, [DayUsage(date(2026, 3, 1), 1), DayUsage(date(2026, 3, 2), 1_000_000)])
    assert drawn.columns[0].height == 2


def test_it_draws_an_empty_span() -> None:
    assert chart(Metric.TTS_CHARACTERS, [DayUsage(date(2026, 3, 1), 0)]).columns[0].height == 0


def test_it_writes_amounts_with_their_unit() -> None:
    assert [amount(size, "bytes") for size in (0, 10, 1_500_000, 20 * 10**9)] == ["0 MB", "under 1 MB", "1.5 MB", "20 GB"]
    assert [amount(ms, "ms") for ms in (0, 90_000, 1_800_000, 36_000_000)] == ["0 min", "1.5 min", "30 min", "10 h"]
    assert [amount(n, "sessions") for n in (0, 1, 2)] == ["0 sessions", "1 session", "2 sessions"]
    assert (amount(20_000, "characters"), amount(None, "ms")) == ("20,000 characters", "no limit")
    assert (limit(20_000, "characters"), limit(60_000, "ms"), limit(None, "sessions")) == ("20,000", "1 min", "no limit")
    assert [clock(ms) for ms in (0, 7_900, 750_000, 3_723_000)] == ["0:00", "0:07", "12:30", "1:02:03"]
    assert seconds(3449) == "3.4 s"


@pytest.fixture
def spoken(workspace: Workspace) -> None:
    """Alice's workspace has used 1,234 characters today."""
    with workspace_scope(workspace.pk):
        hold = reserve(
            metric=Metric.TTS_CHARACTERS,
            amount=2000,
            purpose="turn",
            subject_id=workspace.pk,
            key="turn:test",
            lease=timedelta(minutes=1),
        )
        release(hold_id=hold.id, used=1234, sequence=1)


@pytest.mark.django_db
def test_it_shows_what_is_used_of_the_plan(bob_client: Client, spoken: None) -> None:
    text = " ".join(Page(bob_client.get("/usage").content.decode()).all("main")[0].text.split())
    assert "1,234 characters of 20,000" in text
    assert "Spoken characters in 30 days: 1,234 characters" in text
    assert "0 min of 30 min" in text


@pytest.mark.parametrize("metric", sorted(GAUGES))
def test_it_says_of_every_gauge_when_its_places_come_free(metric: Metric) -> None:
    assert meter(replace(usage(used=1), metric=metric, resets_at=None), START).freed


def test_it_says_of_no_counter_that_it_comes_free() -> None:
    assert meter(usage(used=1), START).freed == ""


@pytest.mark.django_db
def test_it_tells_each_gauge_apart(bob_client: Client, workspace: Workspace) -> None:
    texts = [card.text.strip() for card in Page(bob_client.get("/usage").content.decode()).all("article")]
    cards = {text.splitlines()[0]: text for text in texts}
    assert "given back when a session ends" in cards["Sessions at once"]
    assert "Freed when files are deleted" in cards["Storage"]
    assert "Freed when an avatar is deleted" in cards["Own avatars"]
    assert [name for name, text in cards.items() if "session ends" in text] == ["Sessions at once"]
    assert "starts afresh" in cards["Spoken characters"]


@pytest.mark.django_db
def test_it_shows_strangers_their_own_usage_only(charlie_client: Client, spoken: None) -> None:
    assert "1,234" not in charlie_client.get("/usage").content.decode()
    assert "1234" not in charlie_client.get("/usage.csv").content.decode()


@pytest.mark.django_db
def test_it_gives_the_days_as_csv(bob_client: Client, spoken: None) -> None:
    answer = bob_client.get("/usage.csv?days=14")
    assert answer.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert len(rows) == 14 * 4
    used = [row for row in rows if row["quantity"] != "0"]
    today = timezone.now().date().isoformat()
    assert used == [{"day_utc": today, "metric": "tts_characters", "quantity": "1234", "unit": "characters"}]


@pytest.mark.django_db
@pytest.mark.parametrize("days", ["", "0", "-1", "99999999", "x", "²"])
def test_it_takes_a_span_that_is_not_offered_for_thirty_days(days: str, bob_client: Client) -> None:
    answer = bob_client.get("/usage", {"days": days})
    assert answer.status_code == 200
    assert "in 30 days" in answer.content.decode()


def test_it_says_when_the_limit_will_be_reached() -> None:
    assert meter(usage(used=400), START + timedelta(days=10)).runs_out == START + timedelta(days=25)
    assert meter(usage(used=300), START + timedelta(days=10)).runs_out is None
    assert meter(usage(used=1000), START + timedelta(days=10)).runs_out is None
    assert meter(usage(used=400, ceiling=None), START + timedelta(days=10)).runs_out is None


def test_it_ranks_who_used_most_of_what_matters_first() -> None:
    quantities = {
        ("ada", ""): {Metric.AVATAR_MS: 50, Metric.TTS_CHARACTERS: 9},
        ("bea", ""): {Metric.AVATAR_MS: 200},
        ("coy", ""): {Metric.TTS_CHARACTERS: 3},
    }
    rows = shares(quantities, [Metric.AVATAR_MS, Metric.TTS_CHARACTERS])
    assert [row.name for row in rows] == ["bea", "ada", "coy"]
    assert [cell.percent for cell in rows[1].cells] == [25.0, 100.0]
    assert [(cell.quantity, cell.percent) for cell in rows[0].cells] == [(200, 100.0), (0, 0.0)]


@pytest.mark.django_db
def test_it_answers_a_repeated_question_with_news_or_nothing(bob_client: Client, spoken: None, workspace: Workspace) -> None:
    address = re.search(r'hx-get="(/usage[^"]+)"', bob_client.get("/usage").content.decode())
    assert address is not None
    news = html.unescape(address[1])
    assert bob_client.get(news, headers={"HX-Request": "true"}).status_code == 204
    with workspace_scope(workspace.pk):
        used(Metric.AVATAR_MS, 60_000, avatar="ada")
    fresh = bob_client.get(news, headers={"HX-Request": "true"})
    assert fresh.status_code == 200
    assert "<html" not in fresh.content.decode()
    assert "Ada" in fresh.content.decode()


@pytest.mark.django_db
def test_it_names_avatars_and_keys(bob_client: Client, alice_key: str, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        key = ApiKey.objects.get()
        used(Metric.AVATAR_MS, 600_000, avatar="ada", api_key_id=key.pk)
        used(Metric.AVATAR_MS, 60_000, avatar="bea")
        ready = {"kind": "photo", "state": AvatarState.READY, "woken_at": START, "ready_at": START}
        twins = [Avatar.objects.create(name="Kim", **ready) for _ in range(2)]
        for twin in twins:
            used(Metric.AVATAR_MS, 120_000, avatar=str(twin.pk))
        used(Metric.AVATAR_MS, 30_000, api_key_id=UUID(int=9))
    text = text_of(bob_client, "/usage")
    assert f"{key.name} {key.prefix}… 10 min" in text
    assert "People in the studio, without a key 5 min" in text
    assert "A removed key 0.5 min" in text
    assert "Ada 10 min" in text
    assert all(f"Kim {twin.pk} 2 min" in text for twin in twins)
    assert "A deleted avatar bea 1 min Without an avatar 0.5 min" in text


@pytest.mark.django_db
def test_it_tells_what_is_included_and_what_more_has_cost(bob_client: Client, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        plan_change(plan_code="starter")
        used(Metric.AVATAR_MS, 11 * 3_600_000)
    assert "10 h included · €6.00 above it so far" in text_of(bob_client, "/usage")


@pytest.mark.django_db
def test_it_promises_nothing_included_that_can_not_be_used(bob_client: Client, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        plan_change(plan_code="starter")
        Allowance.objects.filter(metric=Metric.AVATAR_MS).update(ceiling=60_000)  # as while suspended
    text = text_of(bob_client, "/usage")
    assert "of 1 min" in text
    assert "10 h included" not in text


@pytest.mark.django_db
@pytest.mark.parametrize(("by", "who"), [("avatar", "ada"), ("key", "")])
def test_it_gives_who_used_it_as_csv(by: str, who: str, bob_client: Client, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        used(Metric.AVATAR_MS, 1000, avatar="ada")
    rows = list(csv.DictReader(io.StringIO(bob_client.get(f"/usage.csv?days=period&by={by}").content.decode())))
    assert [(row["metric"], row[by], row["quantity"]) for row in rows] == [("avatar_ms", who, "1000")]
