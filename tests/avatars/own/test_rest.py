"""Own avatars over REST: uploads, states, who may, and what is left when they are deleted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import Role, User, Workspace
from accounts.tenancy import workspace_scope
from avatars.consent import TEXT, VERSION
from avatars.models import Avatar, AvatarConsent, StoredFile
from avatars.stock import stock_cast
from quotas.metrics import Metric
from quotas.models import Allowance, Reservation
from tests.avatars.own.conftest import Prepare, kept, picture, send
from tests.avatars.own.heads import head
from tests.people import Join, sign_in

pytestmark = pytest.mark.django_db


def held(workspace: Workspace, metric: Metric) -> int:
    with workspace_scope(workspace.pk):
        return sum(Allowance.objects.filter(metric=metric).values_list("held", flat=True))


def test_it_takes_a_head_and_makes_it_ready(alice_api: APIClient, prepare: Prepare, files: Path, workspace: Workspace) -> None:
    response = send(alice_api, head("jawOpen", "EyeBlink_L"))
    assert (response.status_code, response.json()["state"]) == (202, "preparing")
    assert response["Location"] == f"/api/v1/avatars/{response.json()['id']}"
    assert kept(files) == ["quarantine glb"]
    shape = prepare(response.json())
    assert (shape["state"], shape["name"], shape["kind"], shape["refusal"]) == ("ready", "Mira", "head3d", None)
    assert shape["report"]["mapped"] == {"eyeBlinkLeft": "EyeBlink_L", "jawOpen": "jawOpen"}
    assert kept(files) == ["files glb", "files jpg", "files jpg", "files webp"]
    with workspace_scope(workspace.pk):
        assert held(workspace, Metric.STORAGE_BYTES) == sum(StoredFile.objects.values_list("size", flat=True))
    assert held(workspace, Metric.AVATARS) == 1


def test_it_keeps_who_agreed_to_what(alice: User, alice_client: Client, workspace: Workspace) -> None:
    body = {"file": SimpleUploadedFile("head.glb", head()), "consent": VERSION}
    response = alice_client.post("/api/v1/avatars", body, REMOTE_ADDR="203.0.113.9")
    assert response.status_code == 202
    with workspace_scope(workspace.pk):
        consent = AvatarConsent.objects.get()
    assert str(consent.avatar_id) == response.json()["id"]
    assert (consent.text, consent.version, consent.given_by, consent.ip) == (TEXT, VERSION, alice, "203.0.113.9")


@pytest.mark.parametrize(("consent", "code"), [("", "consent_required"), ("2019-01", "consent_outdated")])
def test_it_takes_nothing_without_consent(
    consent: str, code: str, alice_api: APIClient, files: Path, workspace: Workspace
) -> None:
    response = send(alice_api, head(), consent=consent)
    assert (response.status_code, response.json()["code"]) == (422, code)
    assert (response.json()["version"], response.json()["text"]) == (VERSION, TEXT)
    with workspace_scope(workspace.pk):
        assert not Avatar.objects.exists()
        assert not Reservation.objects.exists()
    assert kept(files) == []


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 400, "invalid"),
        (b"GIF89a" + bytes(400), 415, "unknown_kind"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "unknown_kind"),
        (picture(100, 100), 422, "picture_too_small"),
        (picture()[:20], 422, "unreadable"),
    ],
    ids=["empty", "gif", "svg", "tiny", "cut"],
)
def test_it_refuses_by_the_header(
    content: bytes, status: int, code: str, alice_api: APIClient, files: Path, workspace: Workspace
) -> None:
    response = send(alice_api, content)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert kept(files) == []
    assert held(workspace, Metric.STORAGE_BYTES) == 0


def test_it_refuses_what_is_too_large(alice_api: APIClient, settings: Settings, files: Path) -> None:
    settings.AVATAR_PHOTO_PIXELS = 400 * 300 - 1
    assert send(alice_api, picture(400, 300)).json()["code"] == "too_many_pixels"
    settings.AVATAR_PHOTO_PIXELS, settings.AVATAR_PHOTO_BYTES = 400 * 300, len(picture()) - 1
    response = send(alice_api, picture())
    assert (response.status_code, response.json()["code"]) == (413, "too_large")
    settings.AVATAR_PHOTO_BYTES = len(picture())
    assert send(alice_api, picture()).status_code == 202
    assert kept(files) == ["quarantine jpg"]


def test_it_needs_a_file_or_an_address(alice_api: APIClient) -> None:
    for body in ({"consent": VERSION}, {"consent": VERSION, "url": "https://example.com/a.jpg", "name": ""}):
        response = alice_api.post("/api/v1/avatars", body, format="json")
        expected = 202 if "url" in body else 400
        assert response.status_code == expected
    both = send(alice_api, head(), url="https://example.com/a.jpg")
    assert (both.status_code, both.json()["code"]) == (400, "file_or_url")


def test_it_makes_one_avatar_for_one_key(alice_api: APIClient, files: Path, workspace: Workspace) -> None:
    first, again = send(alice_api, head(), key="k1"), send(alice_api, head(), key="k1")
    assert again.json()["id"] == first.json()["id"]
    assert again["Idempotency-Replayed"] == "true"
    other = send(alice_api, head("jawOpen", "mouthClose"), key="k1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    with workspace_scope(workspace.pk):
        assert Avatar.objects.count() == 1
    assert kept(files) == ["quarantine glb"]


def test_it_stops_at_the_plan(alice_api: APIClient, files: Path, workspace: Workspace) -> None:
    for _ in range(3):
        assert send(alice_api, head()).status_code == 202
    response = send(alice_api, head())
    body = response.json()
    assert (response.status_code, body["code"], body["metric"], body["limit"]) == (402, "quota_exceeded", "avatars", 3)
    assert kept(files) == ["quarantine glb"] * 3
    assert held(workspace, Metric.AVATARS) == 3


def test_it_stops_at_the_storage(alice_api: APIClient, files: Path, workspace: Workspace) -> None:
    send(alice_api, head())
    with workspace_scope(workspace.pk):
        row = Allowance.objects.get(metric=Metric.STORAGE_BYTES)
        Allowance.objects.filter(pk=row.pk).update(ceiling=row.held + 10)
    response = send(alice_api, head())
    assert (response.status_code, response.json()["metric"]) == (402, "storage_bytes")
    assert kept(files) == ["quarantine glb"]
    assert held(workspace, Metric.AVATARS) == 1


def test_it_refuses_a_head_without_a_mouth(alice_api: APIClient, prepare: Prepare, files: Path, workspace: Workspace) -> None:
    shape = prepare(send(alice_api, head("wiggleEars")).json())
    assert (shape["state"], shape["refusal"]["code"]) == ("refused", "head_no_mouth")
    assert "jawOpen" in shape["refusal"]["hint"]
    assert kept(files) == []
    assert held(workspace, Metric.AVATARS) == 0


def test_it_renames(alice_api: APIClient, a_head: dict[str, Any]) -> None:
    address = f"/api/v1/avatars/{a_head['id']}"
    assert alice_api.patch(address, {"name": "  Mira  the second "}).json()["name"] == "Mira the second"
    for bad in ({"name": " "}, {}, {"name": "x" * 61}):
        assert alice_api.patch(address, bad).status_code == 400
    assert alice_api.get(address).json()["name"] == "Mira the second"


def test_it_deletes_for_good(
    alice_api: APIClient,
    a_head: dict[str, Any],
    files: Path,
    workspace: Workspace,
    django_capture_on_commit_callbacks: Any,
) -> None:
    assert alice_api.get(a_head["asset_url"]).status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        assert alice_api.delete(f"/api/v1/avatars/{a_head['id']}").status_code == 204
    assert kept(files) == []
    assert held(workspace, Metric.STORAGE_BYTES) == held(workspace, Metric.AVATARS) == 0
    with workspace_scope(workspace.pk):
        assert not Avatar.objects.exists()
        assert not StoredFile.objects.exists()
        consent = AvatarConsent.objects.get()
    assert (consent.given_by, consent.api_key, consent.ip, consent.ended_at is not None) == (None, None, None, True)
    for gone in (f"/api/v1/avatars/{a_head['id']}", a_head["asset_url"]):
        assert alice_api.get(gone).status_code == 404


def test_it_shows_strangers_nothing(alice_api: APIClient, charlie_api: APIClient, a_head: dict[str, Any]) -> None:
    address = f"/api/v1/avatars/{a_head['id']}"
    answers = [
        charlie_api.get(address),
        charlie_api.patch(address, {"name": "Mine"}),
        charlie_api.delete(address),
        charlie_api.post(f"{address}/choice", {"face": 1}),
    ]
    assert [answer.status_code for answer in answers] == [404] * 4
    listed = charlie_api.get("/api/v1/avatars").json()["results"]
    assert a_head["id"] not in {one["id"] for one in listed}
    response = charlie_api.post("/api/v1/sessions", {"avatar": a_head["id"]})
    assert (response.status_code, response.json()["code"]) == (400, "unknown_avatar")
    assert alice_api.get(address).json()["name"] == "Mira"


def test_it_lets_members_see_but_not_make(workspace: Workspace, join: Join, a_head: dict[str, Any]) -> None:
    member = sign_in(join("Dora", Role.MEMBER), workspace)
    assert member.get(f"/api/v1/avatars/{a_head['id']}").status_code == 200
    body = {"file": SimpleUploadedFile("head.glb", head()), "consent": VERSION}
    assert member.post("/api/v1/avatars", body).status_code == 403
    assert member.delete(f"/api/v1/avatars/{a_head['id']}").status_code == 403


def test_it_lists_own_ones_first_page_by_page(alice_api: APIClient) -> None:
    made = [send(alice_api, head()).json()["id"] for _ in range(2)]
    seen, address = [], "/api/v1/avatars?limit=3"
    while address:
        page = alice_api.get(address).json()
        assert len(page["results"]) <= 3
        seen += [one["id"] for one in page["results"]]
        address = page["next"]
    assert seen == [*reversed(made), *(info.id for info in stock_cast())]
    for bad in ("cursor=*", "cursor=bm9ib2R5", "limit=0", "limit=x", "limit=201", f"limit={10**20}", "limit=1000000001"):
        assert alice_api.get(f"/api/v1/avatars?{bad}").status_code == 400, bad


def test_it_is_used_in_sessions_once_it_is_ready(alice_api: APIClient, prepare: Prepare) -> None:
    shape = send(alice_api, head()).json()
    early = alice_api.post("/api/v1/sessions", {"avatar": shape["id"]})
    assert (early.status_code, early.json()["code"]) == (409, "avatar_not_ready")
    prepare(shape)
    session = alice_api.post("/api/v1/sessions", {"avatar": shape["id"]})
    assert (session.status_code, session.json()["avatar"]) == (201, shape["id"])
