"""The list of sessions and one session's record."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from accounts.identifiers import uuid7
from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from sessions.models import AvatarSession
from sessions.overview import PAGE
from sessions.services import session_connect, session_create, session_end, turn_create
from tests.pages.html import Page

pytestmark = pytest.mark.django_db
LISTS = "/sessions"
HTMX = {"HX-Request": "true"}


def record(session: AvatarSession) -> str:
    return reverse("session_detail", args=[session.pk])


def main_text(client: Client, path: str) -> str:
    """What can be read on the page, parts kept apart."""
    source = client.get(path).content.decode().replace("<", " <")
    return " ".join(Page(source).all("main")[0].text.split())


def poll(client: Client, path: str) -> str:
    """The address that the page asks for news."""
    found = re.search(r'hx-get="([^"]+)"\s+hx-trigger="every', client.get(path).content.decode())
    assert found, "the page does not ask for news"
    return unescape(found[1])


def test_it_says_what_to_do_when_there_are_none(bob_client: Client) -> None:
    assert "No one has talked with an avatar here yet." in main_text(bob_client, LISTS)


def test_it_lists_live_ones_first(bob_client: Client, live_session: AvatarSession) -> None:
    text = main_text(bob_client, LISTS)
    assert "Live now 1" in text
    assert "Ada" in text
    assert "2 turns" in text
    assert "Earlier" not in text


def test_it_lists_sessions_that_are_over_with_their_sums(bob_client: Client, ended_session: AvatarSession) -> None:
    text = main_text(bob_client, LISTS)
    assert "Live now" not in text
    assert "Ended after silence" in text
    assert "44" in text  # characters heard: 32 of the first turn, 12 of the second


def test_it_shows_strangers_nothing(charlie_client: Client, live_session: AvatarSession) -> None:
    assert "Ada" not in main_text(charlie_client, LISTS)
    answer = charlie_client.get(record(live_session))
    assert answer.status_code == 404
    assert "Hello! How may I help" not in answer.content.decode()


def test_it_sends_the_signed_out_to_the_entrance(client: Client, live_session: AvatarSession) -> None:
    assert client.get(record(live_session)).headers["Location"].startswith(reverse("account_login"))


def test_it_knows_no_session_that_is_not_there(bob_client: Client) -> None:
    assert bob_client.get(reverse("session_detail", args=[uuid7()])).status_code == 404


def test_it_shows_what_was_heard_and_what_was_not(bob_client: Client, ended_session: AvatarSession) -> None:
    page = Page(bob_client.get(record(ended_session)).content.decode())
    unheard = [one.text for one in page.all("span") if one.attributes.get("class") == "unheard"]
    assert [" ".join(text.split()) for text in unheard] == ["Not heard: and on until somebody stops it."]
    assert "Hello! How may I help you today?" in page.all("main")[0].text
    assert page.repeated_ids() == []
    assert page.unnamed_controls() == []


def test_it_shows_length_cost_and_events(bob_client: Client, ended_session: AvatarSession) -> None:
    text = main_text(bob_client, record(ended_session))
    for part in ("Spoken characters 44", "Turns 2", "Went live", "Ended after silence", "first sound after 180 ms"):
        assert part in text


def test_it_escapes_what_was_said(bob_client: Client, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        session = session_create(avatar_id="ada")
        session_connect(session_id=session.pk, role="driver")
        turn_create(session_id=session.pk, text="<script>alert(1)</script>")
    answer = bob_client.get(record(session)).content.decode()
    assert "<script>alert(1)" not in answer
    assert "&lt;script&gt;alert(1)" in answer


def test_it_answers_a_poll_only_when_something_changed(bob_client: Client, live_session: AvatarSession) -> None:
    for path in (LISTS, record(live_session)):
        assert bob_client.get(poll(bob_client, path), headers=HTMX).status_code == 204
    news = [poll(bob_client, LISTS), poll(bob_client, record(live_session))]
    with workspace_scope(live_session.workspace_id):
        session_end(session_id=live_session.pk, reason="idle")
    for path in news:
        answer = bob_client.get(path, headers=HTMX)
        assert answer.status_code == 200
        assert b"<html" not in answer.content
        assert b"Ended after silence" in answer.content


def test_it_stops_asking_for_news_of_a_session_that_is_over(bob_client: Client, ended_session: AvatarSession) -> None:
    assert 'hx-trigger="every' not in bob_client.get(record(ended_session)).content.decode()


def test_it_goes_back_in_pages(bob_client: Client, workspace: Workspace, ended_session: AvatarSession) -> None:
    with workspace_scope(workspace.pk):
        AvatarSession.objects.bulk_create(
            AvatarSession(avatar="ada", voice="x", state="ended", ended_at=ended_session.ended_at, idle_seconds=1, max_seconds=1)
            for _ in range(PAGE)
        )
    first = bob_client.get(LISTS).content.decode()
    older = re.search(r'href="(\?before=[^"]+)"', first)
    assert older
    assert first.count("/sessions/0") == PAGE
    second = bob_client.get(f"{LISTS}{older[1]}").content.decode()
    assert record(ended_session) in second
    assert record(ended_session) not in first
    assert 'hx-trigger="every' not in second


def test_it_takes_a_bad_page_mark_for_none(bob_client: Client, ended_session: AvatarSession) -> None:
    for mark in ("nonsense", str(uuid7()), "%00"):
        assert record(ended_session) in bob_client.get(f"{LISTS}?before={mark}").content.decode()
