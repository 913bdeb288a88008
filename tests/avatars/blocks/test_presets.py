"""What avatars start with, and named combinations: kept per workspace, checked, written down."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from accounts.models import AuditEntry, Workspace
from accounts.tenancy import workspace_scope
from avatars.blocks.models import AssetKind, AvatarLook, Preset
from avatars.presets import staged
from avatars.videos.models import Video
from sessions.models import AvatarSession
from tests.avatars.blocks.factories import a_preset, an_asset

pytestmark = pytest.mark.django_db
STATE, PRESETS = "/api/v1/avatars/ada/state", "/api/v1/presets"
FULL: dict[str, Any] = {
    "name": "Reception",
    "avatar": "ada",
    "voice": "hibari-heart",
    "rate": 0.95,
    "emotion": {"name": "happy", "intensity": 0.5},
    "framing": "bust",
    "background": "#F4F1EA",
}


def actions(workspace: Workspace) -> list[str]:
    with workspace_scope(workspace.pk):
        return list(AuditEntry.objects.order_by("created_at").values_list("action", flat=True))


def test_it_shows_and_changes_what_an_avatar_starts_with(
    alice_api: APIClient, charlie_api: APIClient, workspace: Workspace
) -> None:
    usual = {
        "avatar": "ada",
        "emotion": {"name": "neutral", "intensity": 0.0},
        "gaze": {"x": 0, "y": 0},
        "framing": "head",
        "updated_at": None,
    }
    assert alice_api.get(STATE).json() == usual
    first = alice_api.patch(STATE, {"emotion": {"name": "happy", "intensity": 0.45}}).json()
    second = alice_api.patch(STATE, {"gaze": {"x": -5, "y": 3}, "framing": "face"}).json()
    assert first | {"updated_at": 0} == usual | {"emotion": {"name": "happy", "intensity": 0.45}, "updated_at": 0}
    assert second | {"updated_at": 0} == first | {"gaze": {"x": -5, "y": 3}, "framing": "face", "updated_at": 0}
    assert alice_api.get(STATE).json() == second
    assert charlie_api.get(STATE).json() == usual
    assert actions(workspace)[-2:] == ["avatar.look_changed"] * 2


@pytest.mark.parametrize(
    "body",
    [
        {"emotion": {"name": "grumpy"}},
        {"emotion": {"name": "happy", "intensity": 2}},
        {"emotion": "happy"},
        {"gaze": {"x": 31, "y": 0}},
        {"gaze": {"x": 3}},
        {"framing": "feet"},
        {"hat": True},
    ],
)
def test_it_refuses_looks_that_there_are_not(body: dict[str, Any], alice_api: APIClient, workspace: Workspace) -> None:
    assert alice_api.patch(STATE, body).status_code == 400
    with workspace_scope(workspace.pk):
        assert not AvatarLook.objects.exists()


@pytest.mark.parametrize("avatar", ["nobody", "0192d3a4-0000-7000-8000-000000000000"])
def test_it_finds_no_look_of_an_avatar_that_is_not_there(avatar: str, alice_api: APIClient) -> None:
    url = STATE.replace("ada", avatar)
    assert [alice_api.get(url).status_code, alice_api.patch(url, {}).status_code] == [404, 404]


def test_it_makes_lists_changes_and_deletes_presets(alice_api: APIClient, workspace: Workspace) -> None:
    made = alice_api.post(PRESETS, FULL)
    body = made.json()
    assert made.status_code == 201
    assert {name: body[name] for name in FULL} == FULL | {"background": "#f4f1ea"}
    assert alice_api.get(PRESETS).json()["results"] == [body]
    url = f"{PRESETS}/{body['id']}"
    changed = alice_api.patch(url, {"emotion": None, "rate": None, "voice": None, "framing": None}).json()
    assert changed | {"updated_at": 0} == body | dict.fromkeys(("emotion", "rate", "voice", "framing")) | {"updated_at": 0}
    assert alice_api.get(url).json() == changed
    assert alice_api.delete(url).status_code == 204
    assert alice_api.get(url).status_code == 404
    assert actions(workspace)[-3:] == ["preset.created", "preset.changed", "preset.deleted"]


def test_it_makes_a_preset_once_for_one_key(alice_api: APIClient, workspace: Workspace) -> None:
    answers = [alice_api.post(PRESETS, FULL, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    with workspace_scope(workspace.pk):
        assert Preset.objects.count() == 1


def test_it_has_each_name_once_in_a_workspace(alice_api: APIClient, charlie_api: APIClient, workspace: Workspace) -> None:
    assert [api.post(PRESETS, FULL).status_code for api in (alice_api, charlie_api)] == [201, 201]
    again = alice_api.post(PRESETS, {"name": "Reception"})
    other = alice_api.post(PRESETS, {"name": "Other"}).json()["id"]
    renamed = alice_api.patch(f"{PRESETS}/{other}", {"name": "Reception"})
    assert [(answer.status_code, answer.json()["code"]) for answer in (again, renamed)] == [(409, "preset_exists")] * 2
    with workspace_scope(workspace.pk):
        assert sorted(Preset.objects.values_list("name", flat=True)) == ["Other", "Reception"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": ""}, "invalid"),
        ({"name": "x" * 61}, "invalid"),
        ({"avatar": "nobody"}, "unknown_avatar"),
        ({"voice": "nobody"}, "unknown_voice"),
        ({"rate": 3}, "invalid"),
        ({"rate": "nan"}, "invalid"),
        ({"emotion": {"name": "grumpy"}}, "invalid"),
        ({"framing": "feet"}, "invalid"),
        ({"background": "red"}, "unknown_background"),
        ({"background": "#f4f1e"}, "unknown_background"),
        ({"background": "00000000-0000-7000-8000-000000000000"}, "unknown_background"),
        ({"light": 1}, "invalid"),
    ],
)
def test_it_refuses_presets_of_what_is_not_there(
    changes: dict[str, Any], code: str, alice_api: APIClient, workspace: Workspace
) -> None:
    answer = alice_api.post(PRESETS, FULL | changes)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    with workspace_scope(workspace.pk):
        assert not Preset.objects.exists()


def test_it_takes_backgrounds_of_its_own_workspace_alone(
    alice_api: APIClient, workspace: Workspace, charlies_workspace: Workspace
) -> None:
    with workspace_scope(charlies_workspace.pk):
        foreign = an_asset()
    with workspace_scope(workspace.pk):
        own, logo = an_asset(), an_asset(AssetKind.LOGO)
    statuses = {
        name: alice_api.post(PRESETS, {"name": name, "background": str(asset.pk)}).status_code
        for name, asset in {"own": own, "logo": logo, "foreign": foreign}.items()
    }
    assert statuses == {"own": 201, "logo": 400, "foreign": 400}
    assert alice_api.delete(f"/api/v1/assets/{own.pk}").status_code == 204


def test_it_shows_strangers_nothing(alice_api: APIClient, charlie_api: APIClient) -> None:
    url = f"{PRESETS}/{alice_api.post(PRESETS, FULL).json()['id']}"
    assert charlie_api.get(PRESETS).json()["results"] == []
    assert [charlie_api.get(url).status_code, charlie_api.patch(url, {"name": "Mine"}).status_code] == [404, 404]
    assert charlie_api.delete(url).status_code == 404
    assert alice_api.get(url).json()["name"] == "Reception"


def test_it_prefers_what_is_explicit_then_the_preset_then_the_look(in_workspace: None) -> None:
    a_preset(name="Calm", avatar="ada", emotion="soothing", intensity="0.60", background="#000000")
    AvatarLook.objects.create(avatar="ada", emotion="happy", intensity="0.40", gaze_x=4, framing="face")
    by_look = staged(avatar_id="ada")
    assert (by_look.emotion, by_look.intensity, by_look.gaze, by_look.framing) == ("happy", 0.4, (4, 0), "face")
    by_preset = staged(preset="Calm", voice_id="hibari-heart")
    assert (by_preset.avatar, by_preset.voice, by_preset.emotion, by_preset.framing) == (
        "ada",
        "hibari-heart",
        "soothing",
        "face",
    )
    explicit = staged(preset=str(Preset.objects.get().pk), avatar_id="kenji")
    assert (explicit.avatar, explicit.emotion, explicit.framing, explicit.background) == ("kenji", "soothing", "head", "#000000")


def test_it_says_what_presets_name_that_was_deleted(alice_api: APIClient, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        wall = an_asset()
    made = alice_api.post(PRESETS, FULL | {"background": str(wall.pk)}).json()
    assert made["missing"] == []
    alice_api.post(PRESETS, FULL | {"name": "Whole"})
    assert alice_api.delete(f"/api/v1/assets/{wall.pk}").status_code == 204
    with workspace_scope(workspace.pk):
        Preset.objects.filter(name="Reception").update(avatar=str(uuid4()), voice="gone")
    listed = {row["name"]: row["missing"] for row in alice_api.get(PRESETS).json()["results"]}
    assert listed == {"Reception": ["avatar", "voice", "background"], "Whole": []}
    url = f"{PRESETS}/{made['id']}"
    assert alice_api.get(url).json()["missing"] == ["avatar", "voice", "background"]
    mended = alice_api.patch(url, {"avatar": "ada", "voice": None, "background": None}).json()
    assert (mended["missing"], mended["avatar"], mended["background"]) == ([], "ada", None)


@pytest.mark.parametrize("url", ["/api/v1/sessions", "/api/v1/videos"])
def test_it_refuses_to_use_presets_of_what_was_deleted(url: str, alice_api: APIClient, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        wall = an_asset()
        preset = a_preset(name="Hall", avatar="ada", background=str(wall.pk))
    alice_api.delete(f"/api/v1/assets/{wall.pk}")
    said = {"script": "Hello."} if url.endswith("videos") else {}
    answer = alice_api.post(url, said | {"preset": "Hall"})
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["missing"]) == (409, "preset_outdated", ["background"])
    assert str(preset.pk) in problem["hint"] and "Hall" in problem["detail"]
    with workspace_scope(workspace.pk):
        assert not AvatarSession.objects.exists() and not Video.objects.exists()
        Preset.objects.update(background="", avatar=str(uuid4()))
    assert alice_api.post(url, said | {"preset": "Hall"}).json()["missing"] == ["avatar"]
    assert alice_api.post(url, said | {"preset": "Hall", "avatar": "kenji"}).json()["avatar"] == "kenji"
