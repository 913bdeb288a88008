"""The golden vectors that the browser is held to are those of this code."""

import json

import numpy as np

from avatars.face.golden import PATH, golden


def test_the_stored_vectors_are_what_the_code_gives() -> None:
    """When the motion is meant to change: `python -m avatars.face.golden`."""
    stored, fresh = json.loads(PATH.read_text()), json.loads(json.dumps(golden()))
    assert [case["hex"] for case in stored["payloads"]] == [case["hex"] for case in fresh["payloads"]]
    for was, now in zip(stored["idle"], fresh["idle"], strict=True):
        assert {k: v for k, v in was.items() if k != "frames"} == {k: v for k, v in now.items() if k != "frames"}
        assert np.abs(np.array(was["frames"]) - np.array(now["frames"])).max() < 1e-4
