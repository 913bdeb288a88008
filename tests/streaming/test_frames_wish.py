"""What a client may ask of pictures, over REST and on the wire."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rest_framework.exceptions import ValidationError

from sessions.serializers import SessionCreateSerializer
from sessions.video import DEFAULT_FPS, DEFAULT_SIDE, VideoWish
from streaming.protocol import BadMessage, Video, VideoKey, VideoSeen, parse_control


def parsed(**fields: Any) -> object:
    return parse_control(json.dumps({"type": "video"} | fields))


def validated(**body: Any) -> dict[str, Any]:
    form = SessionCreateSerializer(data={"avatar": "ada"} | body)
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)


def test_it_reads_a_wish_and_passes_over_codecs_that_nobody_here_has() -> None:
    assert parsed(codecs=["av1", "vp8", "jpeg", "vp8"], width=256, fps=20, kbps=900) == Video(
        wish=VideoWish(codecs=("vp8", "jpeg"), width=256, fps=20, kbps=900)
    )
    assert parsed() == Video(wish=VideoWish(codecs=("jpeg",), width=DEFAULT_SIDE, fps=DEFAULT_FPS))


def test_it_reads_the_end_of_pictures_and_the_reports_on_them() -> None:
    assert parsed(active=False) == Video(wish=None)
    assert parse_control('{"type": "video.key"}') == VideoKey()
    assert parse_control('{"type": "video.seen", "bytes": 7}') == VideoSeen(received=7)


@pytest.mark.parametrize(
    "fields",
    [
        {"codecs": []},
        {"codecs": ["gif"]},
        {"codecs": "jpeg"},
        {"codecs": [1]},
        {"width": 10},
        {"fps": 0},
        {"fps": "x"},
        {"kbps": 1},
        {"active": 0},
        {"active": "no"},
    ],
)
def test_it_refuses_wishes_that_cannot_be_met(fields: dict[str, Any]) -> None:
    with pytest.raises(BadMessage):
        parsed(**fields)


@pytest.mark.parametrize("text", ['{"type": "video.seen"}', '{"type": "video.seen", "bytes": -1}'])
def test_it_refuses_reports_without_a_number(text: str) -> None:
    with pytest.raises(BadMessage):
        parse_control(text)


def test_a_session_is_drawn_by_its_client_unless_it_asks() -> None:
    assert "video" not in validated()
    assert "video" not in validated(render="client")
    assert validated(render="server")["video"] == VideoWish()
    assert validated(render="server", video={"codecs": ["vp8"], "fps": 10})["video"] == VideoWish(codecs=("vp8",), fps=10)


@pytest.mark.parametrize(
    "body",
    [
        {"video": {"codecs": ["jpeg"]}},
        {"render": "moon"},
        {"render": "server", "video": {"codecs": []}},
        {"render": "server", "video": {"codecs": ["jpeg", "jpeg"]}},
        {"render": "server", "video": {"width": 9999}},
        {"render": "server", "video": {"size": 256}},
    ],
)
def test_it_refuses_sessions_with_impossible_pictures(body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        validated(**body)
