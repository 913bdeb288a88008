"""A customer's server, and settings under which this machine may be called."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.accounts.webhooks.factories import Receiver, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as server:
        yield server


@pytest.fixture
def insecure(settings: Any) -> None:
    settings.WEBHOOK_ALLOW_INSECURE = True
