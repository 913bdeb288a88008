"""Pictures over the real wire: a worker that draws, a turn's pictures beside its sound, and sound that waits for none."""

from __future__ import annotations

import io
import signal

import av
import numpy as np
import psutil
from PIL import Image

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas.metrics import Metric
from streaming.protocol import Flag, Kind
from tests.house import House
from tests.live import LiveClient, Media, Stage, in_thread
from tests.quotas.factories import counters, subscribe
from tests.streaming.drawing import COMMAND, easel
from tests.streaming.test_published_protocol import validator

TEXT = "Good morning. My name is Ada, and I am happy to meet you."
__all__ = ["easel"]
VIDEO = {"codecs": ["jpeg"], "width": 256, "fps": 20}
RENDER_MS = 3000


def render_ms(workspace: Workspace) -> tuple[int, int, int]:
    """Of the plan: settled, held, overrun."""
    with workspace_scope(workspace.pk):
        return counters(Metric.RENDER_MS)


def pictures(live: LiveClient, turn: int, kind: Kind = Kind.JPEG) -> list[Media]:
    return [item for item in live.media if item.header.kind == kind and item.header.turn == turn]


def darkness(item: Media) -> float:
    """The share of a picture that the bar takes."""
    return 1 - float(np.asarray(Image.open(io.BytesIO(item.payload)).convert("L")).mean()) / 255


async def until_last(live: LiveClient, turn: int, kind: Kind = Kind.JPEG) -> None:
    await live.until(lambda: any(item.header.flags & Flag.LAST for item in pictures(live, turn, kind)), what="the last picture")


async def test_it_draws_a_turn_beside_its_sound(easel: House, stage: Stage, quiet: House) -> None:
    live = await stage.open(render="server", video=VIDEO)
    assert (await live.event("session.ready"))["video"]["codecs"] == ["jpeg"]
    await live.until(lambda: len(pictures(live, 0)) >= 3, what="idle pictures")
    await live.send("say", text=TEXT)
    await live.last_of(1)
    await until_last(live, 1)
    await live.played_all(1)
    finished = await live.event("turn.finished", turn=1, outcome="completed")

    shown = pictures(live, 1)
    asked = (await live.event("turn.started", turn=1))["at"]
    assert 0 < finished["timings"]["first_video_ms"] < 2000
    assert abs((shown[0].at - asked) * 1000 - finished["timings"]["first_video_ms"]) < 1000
    length_ms = live.milliseconds(1)
    assert [item.header.seq for item in shown] == list(range(len(shown)))
    gaps = np.diff([item.header.pts_ms for item in shown])
    assert np.median(gaps) == 50
    assert len(shown) >= 0.8 * length_ms / 50
    assert 0 <= length_ms - shown[-1].header.pts_ms <= 100
    assert Image.open(io.BytesIO(shown[0].payload)).size == (256, 256)
    bars = [darkness(item) for item in shown]
    assert max(bars) > 0.15 > min(bars)
    for event in live.events:
        fields = {name: value for name, value in event.items() if name != "at"}
        validator(event["type"]).validate(fields)
    changed = [event for event in live.events if event["type"] == "video.changed"]
    assert {(event["codec"], event["width"]) for event in changed} == {("jpeg", 256)}
    assert [event["renderer"] for event in changed] == ["still", "head"]
    started = next(item.at for item in live.audio(1))
    assert shown[0].at - started < 1.0
    ahead = [item.header.pts_ms / 1000 - (item.at - started) for item in shown]
    assert min(ahead) > -0.5 and max(ahead) < 1.6


async def test_it_streams_vp8_that_decodes_through_idle_and_turn(easel: House, stage: Stage, quiet: House) -> None:
    live = await stage.open(render="server", video=VIDEO | {"codecs": ["vp8", "jpeg"]})
    await live.until(lambda: len(pictures(live, 0, Kind.VP8)) >= 2, what="idle pictures")
    await live.send("say", text="Hello there, my friend.")
    await until_last(live, 1, Kind.VP8)
    await live.until(lambda: live.media[-1].header.turn == 0, what="idle pictures after the turn")
    shown = [item for item in live.media if item.header.kind == Kind.VP8]
    decoder = av.CodecContext.create("vp8", "r")
    frames = [decoder.decode(av.Packet(item.payload))[0] for item in shown]
    assert {(frame.width, frame.height) for frame in frames} == {(256, 256)}
    assert next(item.header.flags & Flag.KEY for item in shown if item.header.turn == 1)
    assert not pictures(live, 1)


async def test_it_sends_nothing_of_a_turn_that_was_interrupted(easel: House, stage: Stage) -> None:
    live = await stage.open(render="server", video=VIDEO)
    await live.send("say", text=TEXT + " " + TEXT)
    await live.until(lambda: len(pictures(live, 1)) >= 5, what="pictures of the turn")
    await live.send("interrupt")
    await live.event("turn.finished", turn=1, outcome="interrupted")
    before = len(live.media)
    await live.until(lambda: len(live.media) > before + 2, what="idle pictures again")
    assert {item.header.turn for item in live.media[before:]} == {0}


async def test_it_degrades_to_the_portrait_and_says_so(easel: House, stage: Stage) -> None:
    live = await stage.open(avatar="kenji", render="server", video=VIDEO)
    notice = await live.event("session.notice", code="video_degraded")
    assert "in place of 'head': worn_out" in notice["detail"]
    await live.event("video.changed", renderer="still")
    before = len(live.media)
    await live.send("say", text="All is well.")
    await until_last(live, 1)
    await live.played_all(1)
    await live.event("turn.finished", turn=1, outcome="completed")
    assert len(live.media) > before
    kinds = [event["data"].get("code") for event in (await stage.get(f"/sessions/{live.session}/events"))["results"]]
    assert "video_degraded" in kinds


async def test_it_begins_and_ends_pictures_when_the_client_says_so(easel: House, stage: Stage) -> None:
    live = await stage.open()
    assert (await live.event("session.ready"))["video"] is None
    await live.send("video", codecs=["webp"], width=128, fps=10)
    await live.until(lambda: len(pictures(live, 0, Kind.WEBP)) >= 2, what="pictures")
    viewer = await stage.join(live.session, "viewer")
    await viewer.send("video", codecs=["webp", "jpeg"])
    await viewer.until(lambda: len(pictures(viewer, 0, Kind.WEBP)) >= 2, what="pictures for a viewer")
    await live.send("video", active=False)
    await live.send("ping", t=1)
    await live.event("pong")
    before = len(live.media)
    await live.send("video", codecs=["gif"])
    assert (await live.error("unknown_codecs"))["status"] == 400
    assert len(live.media) == before


async def test_another_worker_goes_on_when_one_is_lost(easel: House, stage: Stage) -> None:
    live = await stage.open(render="server", video=VIDEO)
    await live.until(lambda: len(pictures(live, 0)) >= 3, what="pictures")
    main = psutil.Process(easel.processes.children["frames"].pid)
    for process in [*main.children(recursive=True), main]:
        process.send_signal(signal.SIGKILL)
    easel.processes.children["frames"].wait()
    await live.send("say", text="You still hear me.")
    await live.last_of(1)
    await live.played_all(1)
    await live.event("turn.finished", turn=1, outcome="completed")
    before = len(live.media)
    easel._start("frames", COMMAND)
    await live.until(lambda: len(live.media) > before + 3, what="pictures again")


async def test_it_stops_pictures_when_the_plan_has_no_more_and_the_sound_goes_on(
    easel: House, stage: Stage, workspace: Workspace
) -> None:
    plan = {"avatar_ms": None, "tts_characters": 1000, "concurrent_sessions": 1, "render_ms": RENDER_MS}
    await in_thread(subscribe, workspace, **plan)
    live = await stage.open(render="server", video=VIDEO)
    await live.event("video.changed", renderer="head")
    notice = await live.event("session.notice", code="video_quota")
    assert "sound and words go on" in notice["detail"] and f"of {RENDER_MS} ms" in notice["detail"]
    await live.event("video.changed", renderer="still", fps=20)
    await live.send("say", text="You still hear me, and see me.")
    await live.last_of(1)
    await live.until(lambda: bool(pictures(live, 1)), what="the portrait during the turn")
    await live.played_all(1)
    await live.event("turn.finished", turn=1, outcome="completed")
    assert {darkness(item) < 0.9 for item in pictures(live, 1)} == {True}
    notices = [event["data"] for event in (await stage.get(f"/sessions/{live.session}/events"))["results"]]
    assert [data["metric"] for data in notices if data.get("code") == "video_quota"] == ["render_ms"]
    settled, _, overrun = await in_thread(render_ms, workspace)
    assert 0 < settled <= RENDER_MS and overrun == 0
    await live.close()


async def test_it_takes_a_simpler_renderer_where_one_is_too_slow_and_says_so(easel: House, stage: Stage) -> None:
    live = await stage.open(avatar="omar", render="server", video=VIDEO)
    notice = await live.event("session.notice", code="video_degraded")
    assert notice["detail"] == "'head_simple' draws in place of 'head': slow."
    await live.event("video.changed", renderer="head_simple")
    events = (await stage.get(f"/sessions/{live.session}/events"))["results"]
    assert [event["data"]["detail"] for event in events if event["data"].get("code") == "video_degraded"] == [notice["detail"]]
    assert Image.open(io.BytesIO(pictures(live, 0)[-1].payload)).size == (256, 256)
