"""The studio's page: who is on the stage, what can be chosen."""

from __future__ import annotations

import pytest
from django.test import Client

from avatars.face import EMOTIONS
from avatars.selectors import voices_available
from avatars.stock import stock_cast
from tests.pages.html import Element, Page

pytestmark = pytest.mark.django_db


def studio(client: Client, query: str = "") -> Page:
    return Page(client.get(f"/studio{query}").content.decode())


def radios(page: Page, name: str) -> list[Element]:
    return [one for one in page.all("input") if one.attributes.get("name") == name]


def chosen(page: Page, name: str) -> str:
    return next(one.attributes["value"] for one in radios(page, name) if "checked" in one.attributes)


def test_it_offers_every_avatar_voice_and_emotion(bob_client: Client) -> None:
    page = studio(bob_client)
    assert {one.attributes["value"] for one in radios(page, "avatar")} == {info.id for info in stock_cast()}
    assert {one.attributes["value"] for one in radios(page, "voice")} == {voice.id for voice in voices_available()}
    assert {one.attributes["value"] for one in radios(page, "emotion")} == set(EMOTIONS)


def test_it_offers_only_voices_that_can_speak(bob_client: Client) -> None:
    page = studio(bob_client)
    ready = {voice.id for voice in voices_available() if voice.available}
    assert {one.attributes["value"] for one in radios(page, "voice") if "disabled" not in one.attributes} == ready


def test_it_puts_the_wanted_avatar_on_the_stage(bob_client: Client) -> None:
    omar = next(info for info in stock_cast() if info.id == "omar")
    page = studio(bob_client, "?avatar=omar")
    assert chosen(page, "avatar") == "omar"
    assert page.all("visavis-avatar")[0].attributes["avatar"] == omar.asset_url


def test_it_speaks_with_the_wanted_voice(bob_client: Client) -> None:
    ready = [voice.id for voice in voices_available() if voice.available]
    assert chosen(studio(bob_client, f"?voice={ready[-1]}"), "voice") == ready[-1]


def test_it_passes_over_wishes_that_it_can_not_fulfil(bob_client: Client) -> None:
    page = studio(bob_client, "?avatar=nobody&voice=%3Cscript%3E")
    assert chosen(page, "avatar") == stock_cast()[0].id
    assert chosen(page, "voice") in {voice.id for voice in voices_available() if voice.available}


def test_it_focuses_the_text_box(bob_client: Client) -> None:
    assert [one.attributes["id"] for one in studio(bob_client).elements if "autofocus" in one.attributes] == ["text"]
