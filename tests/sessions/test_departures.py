"""Sessions end with the avatar that they show, nobody else's do, and the deletion stands whatever becomes of them."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.errors import Invalid
from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from avatars.models import Avatar
from avatars.selectors import missing
from quotas.metrics import Metric
from sessions.clock import tick
from sessions.models import AvatarSession, SessionEvent, SessionState, Turn, TurnState
from sessions.services import turn_create
from tests.quotas.factories import counters, subscribe
from tests.sessions.factories import live, open_holds, own_avatar, waiting

pytestmark = pytest.mark.django_db


def reasons(workspace: Workspace) -> dict[Any, tuple[str, str]]:
    with workspace_scope(workspace.pk):
        return {row.pk: (row.state, row.end_reason) for row in AvatarSession.objects.all()}


def test_it_ends_every_session_that_shows_a_deleted_avatar(
    workspace: Workspace, alice_api: APIClient, django_capture_on_commit_callbacks: Any
) -> None:
    subscribe(workspace, avatar_ms=None, tts_characters=1000, concurrent_sessions=4)
    with workspace_scope(workspace.pk):
        gone, stays = own_avatar(), own_avatar("Nora")
        watched, unwatched = live(avatar_id=str(gone.pk).upper()), waiting(avatar_id=str(gone.pk))
        others = {live(avatar_id=str(stays.pk)).pk, live().pk}
        turn_create(session_id=watched.pk, text="You will not hear the end of this.")
    with django_capture_on_commit_callbacks(execute=True):
        assert alice_api.delete(f"/api/v1/avatars/{gone.pk}").status_code == 204
    ended = (SessionState.ENDED, "avatar_deleted")
    expected = dict.fromkeys(others, (SessionState.LIVE, ""))
    assert reasons(workspace) == expected | {watched.pk: ended, unwatched.pk: ended}
    with workspace_scope(workspace.pk):
        told = SessionEvent.objects.filter(kind="session.ended").values_list("session_id", "data__reason")
        assert set(told) == {(watched.pk, "avatar_deleted"), (unwatched.pk, "avatar_deleted")}
        assert Turn.objects.get().state == TurnState.INTERRUPTED
        assert counters(Metric.CONCURRENT_SESSIONS)[1] == 2
        with pytest.raises(Invalid):
            waiting(avatar_id=str(gone.pk))


def test_it_ends_nothing_where_the_deletion_is_refused(
    workspace: Workspace, charlie_api: APIClient, django_capture_on_commit_callbacks: Any
) -> None:
    with workspace_scope(workspace.pk):
        avatar = own_avatar()
        session = live(avatar_id=str(avatar.pk))
    with django_capture_on_commit_callbacks(execute=True):
        assert charlie_api.delete(f"/api/v1/avatars/{avatar.pk}").status_code == 404
    assert tick() == 0
    assert reasons(workspace) == {session.pk: (SessionState.LIVE, "")}


def test_the_clock_ends_what_was_made_while_its_avatar_was_being_deleted(workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        avatar = own_avatar()
        session, other = waiting(avatar_id=str(avatar.pk)), waiting()
        holds = open_holds()
        Avatar.objects.filter(pk=avatar.pk).delete()
    assert tick() == 1
    assert reasons(workspace) == {session.pk: (SessionState.ENDED, "avatar_deleted"), other.pk: (SessionState.CREATED, "")}
    with workspace_scope(workspace.pk):
        assert open_holds() == holds - 2
    assert tick() == 0


def test_it_asks_nobody_about_the_stock_cast(workspace: Workspace, django_assert_num_queries: Any) -> None:
    with workspace_scope(workspace.pk), django_assert_num_queries(0):
        assert missing(["ada", "omar"]) == set()
