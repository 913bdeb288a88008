"""A session that the server draws, of an avatar that is deleted: its pictures stop, and its files leave the drawing machine."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from pathlib import Path

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from avatars.storage import writing
from tests.house import House
from tests.live import Stage, in_thread
from tests.sessions.factories import own_avatar
from tests.streaming.drawing import easel
from tests.streaming.test_frames_live import VIDEO, pictures

__all__ = ["easel"]
HEAD = b"the head of somebody who will not be shown any more"


def with_a_head(workspace: Workspace) -> str:
    with workspace_scope(workspace.pk), writing() as write:
        avatar = own_avatar()
        write(owner_id=avatar.pk, purpose="head", content=HEAD, media_type="model/gltf-binary").save(force_insert=True)
    return str(avatar.pk)


def here() -> list[Path]:
    """The head among the files that drawing processes of this machine have."""
    return list(Path(tempfile.gettempdir()).glob(f"visavis-faces-*/{hashlib.sha256(HEAD).hexdigest()}"))


async def test_it_stops_pictures_with_the_avatar_that_they_show(
    easel: House, stage: Stage, workspace: Workspace, quiet: House
) -> None:
    avatar = await in_thread(with_a_head, workspace)
    live = await stage.open(avatar=avatar, render="server", video=VIDEO)
    await live.event("video.changed", renderer="head")
    await live.until(lambda: len(pictures(live, 0)) >= 3, what="pictures")
    assert len(here()) == 1
    assert (await stage.rest("DELETE", f"/avatars/{avatar}")).status_code == 204
    await live.event("session.ended", reason="avatar_deleted")
    assert await live.closed() == 4404
    for _ in range(50):
        if not here():
            break
        await asyncio.sleep(0.1)
    assert here() == []
