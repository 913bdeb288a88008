"""What every test of the building blocks needs: a plan with small limits, and what was charged on it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas.metrics import Metric
from quotas.models import Allowance
from tests.quotas.factories import counters, subscribe

Charged = Callable[..., tuple[int, int]]


@pytest.fixture
def plan(workspace: Workspace) -> None:
    """100 characters to speak, 10 s to listen to, 10 MB to keep."""
    subscribe(workspace, tts_characters=100, stt_ms=10_000, storage_bytes=10_000_000)


@pytest.fixture
def charged(plan: None, workspace: Workspace) -> Charged:
    """`charged(metric)`: what has been settled and what is held of it; characters unless another one is named."""

    def read(metric: Metric = Metric.TTS_CHARACTERS) -> tuple[int, int]:
        with workspace_scope(workspace.pk):
            return counters(metric)[:2] if Allowance.objects.filter(metric=metric).exists() else (0, 0)

    return read
