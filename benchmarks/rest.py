"""REST requests a second with API-key authentication, one web process."""

from __future__ import annotations

import asyncio
import time

import httpx

from benchmarks.figures import Figures
from benchmarks.installation import Installation

CLIENTS, SECONDS = 8, 6.0


async def measure(place: Installation, figures: Figures) -> None:
    """rest_requests_per_s, rest_request_ms: GET /api/v1/me."""
    took: list[float] = []
    headers = {"Authorization": f"Bearer {place.key}"}
    async with httpx.AsyncClient(base_url=place.url, headers=headers, timeout=30) as http:
        await http.get("/api/v1/me")
        began = time.perf_counter()
        await asyncio.gather(*(_ask(http, took, began + SECONDS) for _ in range(CLIENTS)))
        figures.value("rest_requests_per_s", len(took) / (time.perf_counter() - began), "requests/s")
        figures.spread("rest_request_ms", took, "ms")


async def _ask(http: httpx.AsyncClient, took: list[float], until: float) -> None:
    while (began := time.perf_counter()) < until:
        (await http.get("/api/v1/me")).raise_for_status()
        took.append((time.perf_counter() - began) * 1000)
