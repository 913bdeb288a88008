"""Every page of the dashboard: who gets in, and what all of them have in common."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.access import Access
from accounts.models import Role, User, Workspace
from config.pages import navigation
from tests.pages.html import Page
from tests.people import Join, access_of, person, sign_in

pytestmark = pytest.mark.django_db
PAGES = ("studio", "avatars", "voices", "sessions", "usage", "developers", "api_reference")


@pytest.mark.parametrize("name", PAGES)
def test_it_opens_for_a_member(name: str, bob_client: Client) -> None:
    answer = bob_client.get(reverse(name))
    assert answer.status_code == 200
    page = Page(answer.content.decode())
    assert len(page.all("h1")) == 1
    assert page.repeated_ids() == []
    assert page.unnamed_controls() == []
    assert [image for image in page.all("img") if "alt" not in image.attributes] == []


@pytest.mark.parametrize("name", [*PAGES, "usage_csv", "workspace_menu"])
def test_it_sends_the_signed_out_to_the_entrance(name: str, client: Client) -> None:
    answer = client.get(reverse(name))
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("name", PAGES)
def test_it_sends_people_without_a_workspace_to_make_one(name: str) -> None:
    answer = sign_in(person("Newcomer")).get(reverse(name))
    assert (answer.status_code, answer.headers["Location"]) == (302, reverse("workspace_new"))


@pytest.mark.parametrize("name", PAGES)
def test_it_marks_the_page_in_the_navigation(name: str, bob_client: Client) -> None:
    page = Page(bob_client.get(reverse(name)).content.decode())
    marked = [link.attributes["href"] for link in page.all("a") if link.attributes.get("aria-current") == "page"]
    assert any(reverse(name).startswith(address) for address in marked)
    assert not {reverse(other) for other in PAGES[:6] if not reverse(name).startswith(reverse(other))} & set(marked)


def test_it_links_only_to_pages_that_exist_and_open(
    bob_client: Client, bob: User, alice_client: Client, alice_access: Access, workspace: Workspace
) -> None:
    for client, access in ((bob_client, access_of(bob, workspace)), (alice_client, alice_access)):
        entries = navigation("/studio", access)
        assert [entry.label for entry in entries if entry.current] == ["Studio"]
        for entry in entries:
            assert client.get(entry.url).status_code == 200
        assert ("Billing" in [entry.label for entry in entries]) == access.allows("billing:read")


def test_it_allows_no_inline_code_by_policy(bob_client: Client) -> None:
    policy = bob_client.get(reverse("studio")).headers["Content-Security-Policy"]
    assert "script-src 'self' 'wasm-unsafe-eval';" in f"{policy};"  # thins heads; evaluates no text
    assert "style-src 'self';" in f"{policy};"


def test_it_shows_the_avatar_time_of_the_period(bob_client: Client) -> None:
    page = Page(bob_client.get(reverse("voices")).content.decode())
    rings = [link for link in page.all("a") if "data-usage-ring" in link.attributes]
    assert rings
    assert {ring.attributes["data-used-ms"] for ring in rings} == {"0"}
    assert {ring.attributes["data-limit-ms"] for ring in rings} == {str(30 * 60_000)}
    assert all(" ".join(ring.text.split()) == "0 min of 30 min used" for ring in rings)


def test_it_lists_the_workspaces_of_the_person(bob_client: Client, bob: User, charlies_workspace: Workspace) -> None:
    text = bob_client.get(reverse("workspace_menu")).content.decode()
    assert "Alice &amp; Co" in text
    assert "Charlie Ltd" not in text


def test_it_takes_the_front_door_to_the_studio(bob_client: Client) -> None:
    answer = bob_client.get("/")
    assert (answer.status_code, answer.headers["Location"]) == (302, reverse("studio"))


def test_it_welcomes_the_signed_out_at_the_front_door(client: Client) -> None:
    answer = client.get("/")
    page = Page(answer.content.decode())
    assert answer.status_code == 200
    assert reverse("account_login") in {link.attributes.get("href") for link in page.all("a")}
    assert page.unnamed_controls() == []


def test_it_answers_an_unknown_address_with_a_page(bob_client: Client, client: Client) -> None:
    for browser in (bob_client, client):
        answer = browser.get("/no-such-page")
        assert answer.status_code == 404
        assert len(Page(answer.content.decode()).all("h1")) == 1


def test_it_lets_a_viewer_look_but_not_speak(join: Join, workspace: Workspace) -> None:
    page = Page(sign_in(join("Vera", Role.VIEWER), workspace).get(reverse("studio")).content.decode())
    assert page.all("textarea") == []
    assert "You are a viewer of this workspace" in page.all("main")[0].text
