"""The pages of videos: gallery, cards that follow the making, the form, cancel and delete."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import Role, Workspace
from accounts.tenancy import workspace_scope
from avatars.videos import pipeline
from avatars.videos.models import Video, VideoState
from avatars.videos.services import video_fail
from tests.avatars.videos.factories import asked, made, now
from tests.people import Join, sign_in

pytestmark = pytest.mark.django_db
FORM = {"script": "Hello there.", "title": "", "avatar": "ada", "voice": "", "emotion": "happy", "size": "512x512", "ground": ""}
FORM |= {"format": "mp4", "captions": "vtt"}


def page(client: Client, path: str = "/videos") -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def test_it_offers_a_first_video(alice_client: Client) -> None:
    assert "Make a video" in page(alice_client)


def test_it_follows_a_video_until_it_can_be_watched(workspace: Workspace, alice_client: Client) -> None:
    video = asked(workspace.pk, captions="vtt")
    assert f'data-open hx-get="/videos/{video.pk}/card" hx-trigger="every 15s, refresh"' in page(alice_client)
    assert f'hx-get="/videos/{video.pk}"' in page(alice_client, f"/videos/{video.pk}")
    pipeline.prepare(workspace.pk, video.pk)
    card = page(alice_client, f"/videos/{video.pk}/card")
    assert "Drawing the pictures" in card
    assert '<progress max="100" value="4"' in card
    made(workspace.pk, video)
    for address in (f"/videos/{video.pk}/card", f"/videos/{video.pk}"):
        card = page(alice_client, address)
        assert "data-open" not in card
        for part in ("<video controls", '<track kind="captions"', 'download="papa-bought', "poster="):
            assert part in card
    assert 'download="manifest.json"' in card


def test_it_sends_only_what_changes_to_who_follows(workspace: Workspace, alice_client: Client) -> None:
    video = asked(workspace.pk)
    part = alice_client.get(f"/videos/{video.pk}", headers={"HX-Request": "true"}).content.decode()
    assert 'id="video-record"' in part
    assert "<html" not in part


def test_it_takes_what_is_gone_from_an_open_page(workspace: Workspace, alice_client: Client, charlie_client: Client) -> None:
    video, part = asked(workspace.pk), {"HX-Request": "true"}
    card = charlie_client.get(f"/videos/{video.pk}/card", headers=part)
    assert (card.status_code, card.content) == (200, b"")
    alice_client.post(f"/videos/{video.pk}/remove")
    card = alice_client.get(f"/videos/{video.pk}/card", headers=part)
    assert (card.status_code, card.content) == (200, b"")
    assert alice_client.get(f"/videos/{video.pk}", headers=part)["HX-Redirect"] == "/videos"


def test_it_says_what_to_do_about_a_failure_and_makes_it_again(workspace: Workspace, alice_client: Client) -> None:
    video = asked(workspace.pk, title="Hours", format="mp4")
    with workspace_scope(workspace.pk):
        video_fail(video_id=video.pk, code="avatar_deleted", detail="The avatar was deleted.")
    for address in ("/videos", f"/videos/{video.pk}"):
        shown = page(alice_client, address)
        for words in ("The avatar was deleted.", "Choose another avatar.", "Nothing was charged.", "Make it again"):
            assert words in shown
    answer = alice_client.post(f"/videos/{video.pk}/again")
    with workspace_scope(workspace.pk):
        again = Video.objects.exclude(pk=video.pk).get()
    assert answer["Location"] == f"/videos/{again.pk}"
    assert (again.digest, again.title, again.state) == (video.digest, "Hours", VideoState.QUEUED)


def test_it_asks_for_what_the_form_says(workspace: Workspace, alice_client: Client) -> None:
    assert 'name="disclosure"' in page(alice_client, "/videos/new")
    assert alice_client.post("/videos/new", FORM).status_code == 302
    with workspace_scope(workspace.pk):
        wish: dict[str, Any] = Video.objects.get().wish
    assert (wish["label"], wish["format"], wish["emotions"][0]["name"]) == ("", "mp4", "happy")


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"script": ""}, "required"), ({"ground": "alpha"}, "Only WebM"), ({"script": "word " * 3900}, "are taken")],
)
def test_it_says_at_the_form_what_is_wrong(
    workspace: Workspace, alice_client: Client, changes: dict[str, str], words: str
) -> None:
    response = alice_client.post("/videos/new", FORM | changes)
    assert response.status_code == 422
    assert words in response.content.decode()
    with workspace_scope(workspace.pk):
        assert not Video.objects.exists()


def test_it_cancels_and_deletes(workspace: Workspace, alice_client: Client) -> None:
    video = asked(workspace.pk)
    alice_client.post(f"/videos/{video.pk}/stop")
    assert now(workspace.pk, video).state == VideoState.CANCELLED
    assert "Nothing was charged" in page(alice_client)
    alice_client.post(f"/videos/{video.pk}/remove")
    with workspace_scope(workspace.pk):
        assert not Video.objects.exists()


def test_it_says_so_where_there_was_nothing_left_to_cancel(workspace: Workspace, alice_client: Client) -> None:
    video = made(workspace.pk, asked(workspace.pk))
    told = alice_client.post(f"/videos/{video.pk}/stop", follow=True).content.decode()
    assert "was over already" in told
    assert "nothing is charged" not in told
    assert now(workspace.pk, video).state == VideoState.FINISHED


def test_it_shows_viewers_what_there_is_and_lets_them_change_nothing(workspace: Workspace, join: Join) -> None:
    video = asked(workspace.pk)
    client = sign_in(join("Dora", Role.VIEWER), workspace)
    assert "/stop" not in page(client)
    assert client.post(f"/videos/{video.pk}/stop").status_code == 403
    assert client.get("/videos/new").status_code == 403
    assert client.post(f"/videos/{video.pk}/again").status_code == 403
    with workspace_scope(workspace.pk):
        assert Video.objects.count() == 1


def test_it_shows_strangers_nothing(workspace: Workspace, charlie_client: Client) -> None:
    video = asked(workspace.pk)
    for part in ("", "/card"):
        assert charlie_client.get(f"/videos/{video.pk}{part}").status_code == 404
    for act in ("again", "stop", "remove"):
        assert charlie_client.post(f"/videos/{video.pk}/{act}").status_code == 404
    assert now(workspace.pk, video).state == VideoState.QUEUED
