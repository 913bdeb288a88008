"""What is in a finished file, measured from the file: sound and lips together, transparency, captions, the label."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from accounts.models import Workspace
from avatars.face.channels import INDEX
from avatars.videos.performance import spoken
from avatars.videos.wish import EmotionCue
from benchmarks.synchrony import lips_lag_ms, offset_ms, sound, sound_lag_ms
from tests.avatars.videos.factories import SCRIPT, Painter, a_wish, asked, content, made

pytestmark = pytest.mark.django_db
Values = NDArray[np.float64]


def pictures(file: bytes, layout: str = "rgb24") -> tuple[Values, NDArray[np.uint8]]:
    """Times in seconds, and pictures."""
    with av.open(BytesIO(file), "r") as opened:
        frames = list(opened.decode(video=0))
    return np.array([float(frame.time or 0) for frame in frames]), np.stack([frame.to_ndarray(format=layout) for frame in frames])


@pytest.mark.parametrize(("kind", "fps"), [("webm", 25), ("mp4", 30)])
def test_it_keeps_sound_and_lips_together(workspace: Workspace, kind: str, fps: int) -> None:
    script = " ".join([SCRIPT] * 4)
    wish = a_wish(script=script, format=kind, fps=fps)
    performance = spoken(wish)
    file = content(workspace.pk, made(workspace.pk, asked(workspace.pk, script=script, format=kind, fps=fps)))
    drawn = Painter(wish).render(performance.table)
    assert abs(offset_ms(file, performance, drawn, fps)) <= 20
    assert lips_lag_ms(file, drawn[2:], fps) == pytest.approx(2000 / fps, abs=5)  # it does see what is wrong
    assert sound_lag_ms(file, replace(performance, sound=performance.sound[2400:])) == pytest.approx(100, abs=5)
    assert abs(len(sound(file)[1]) / 24 - performance.duration_ms) < 50


def test_it_is_transparent_where_the_avatar_is_not(workspace: Workspace) -> None:
    file = content(workspace.pk, made(workspace.pk, asked(workspace.pk, alpha=True)))
    decoder = av.CodecContext.create("libvpx-vp9", "r")
    with av.open(BytesIO(file), "r") as opened:
        frame = next(frame for packet in opened.demux(video=0) for frame in decoder.decode(packet))
    cover = frame.to_ndarray(format="rgba")[..., 3]
    assert cover[:, :56].max() < 8
    assert cover[:, 72:].min() > 247


def test_it_burns_captions_and_the_label_in(workspace: Workspace) -> None:
    file = content(workspace.pk, made(workspace.pk, asked(workspace.pk, captions="burned", label="AI-generated")))
    picture = pictures(file, "gray")[1][20]
    assert np.ptp(picture[95:113]) > 100  # white letters on a shade
    assert np.ptp(picture[115:, :80]) > 100
    assert np.ptp(picture[:90]) < 12
    assert np.ptp(picture[115:, 100:]) < 12


def test_it_moves_from_one_emotion_to_the_next_where_the_script_says() -> None:
    smile = INDEX["mouthSmileLeft"]
    wish = a_wish()
    cue = EmotionCue(name="happy", intensity=1.0, at_text=SCRIPT.index("Mama"))
    calm = spoken(wish)
    glad = spoken(replace(wish, emotions=(cue,))).table[:, smile]
    begin = next(word.start_ms for word in calm.words if word.text == "Mama") * wish.fps // 1000
    plain = calm.table[:, smile]
    assert abs(glad[: begin - 2].mean() - plain[: begin - 2].mean()) < 0.05
    assert glad[begin + 12 :].mean() > plain[begin + 12 :].mean() + 0.1
