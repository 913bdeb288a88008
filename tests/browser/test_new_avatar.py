"""Making an avatar on its page: a file, the consent, what was refused, and the face that comes alive."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageOps
from playwright.sync_api import Locator, Page, expect

from accounts.models import User, Workspace
from accounts.tenancy import workspace_scope
from avatars.models import Avatar
from config.processes import avatars
from tests.avatars.own.conftest import picture
from tests.avatars.own.heads import head
from tests.browser.conftest import PORTRAIT
from tests.browser.visitor import Visit
from tests.house import House

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module", autouse=True)
def rendering(house: House) -> Iterator[None]:
    """A worker for pictures."""
    os.environ["OMP_NUM_THREADS"] = "1"
    house._start("avatars", avatars())
    yield
    process = house.processes.children.pop("avatars")
    process.terminate()
    process.wait(20)


def choose(page: Page, path: Path, content: bytes) -> None:
    path.write_bytes(content)
    page.locator("#file").set_input_files(path)


def test_a_refused_picture_makes_room_for_a_better_one(visit: Visit, alice: User, workspace: Workspace, tmp_path: Path) -> None:
    page = visit(alice, workspace, draws=False, viewport={"width": 1200, "height": 900}).go("/avatars")
    page.get_by_role("link", name="New avatar").click()
    page.wait_for_url("**/avatars/new")  # loaded, its script included
    choose(page, tmp_path / "notes.txt", b"text")
    expect(page.get_by_text("Choose a JPEG, PNG or WebP picture, or a GLB or VRM head.")).to_be_visible()
    choose(page, tmp_path / "wall.jpg", picture())
    make = page.get_by_role("button", name="Make the avatar")
    expect(make).to_be_disabled()
    page.get_by_role("checkbox").check()
    make.press("Enter")
    expect(page.get_by_role("heading", name="There is no face to be found.")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("button", name="Try another picture")).to_be_focused()
    page.keyboard.press("Enter")
    choose(page, tmp_path / "mira.glb", head("jawOpen", "mouthClose"))
    make.click()
    expect(page.get_by_role("heading", name="mira is ready.")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("2 of 52 movements of the face were found")).to_be_visible()
    page.get_by_role("link", name="Talk").press("Enter")
    page.wait_for_url(re.compile(r"/studio\?avatar="))
    with workspace_scope(workspace.pk):
        made = Avatar.objects.get()
    expect(page.locator("input[name=avatar]:checked")).to_have_value(str(made.pk))


def test_the_camera_takes_a_picture_and_is_switched_off(visit: Visit, alice: User, workspace: Workspace) -> None:
    page = visit(alice, workspace, viewport={"width": 1200, "height": 900}).go("/avatars/new")
    page.get_by_role("button", name="Use the camera").dblclick()
    take = page.get_by_role("button", name="Take the picture")
    expect(take).to_be_focused()
    page.wait_for_function("() => document.querySelector('#camera').videoWidth > 0")
    page.evaluate("() => { window.tracks = document.querySelector('#camera').srcObject.getTracks(); }")
    page.get_by_role("button", name="Cancel").first.click()
    expect(page.get_by_role("button", name="Use the camera")).to_be_visible()
    assert page.evaluate("() => window.tracks.every((track) => track.readyState === 'ended')")
    page.get_by_role("button", name="Use the camera").click()
    take.press("Enter")
    expect(page.locator("#preview")).to_be_visible()
    assert page.evaluate("() => document.querySelector('#camera').srcObject") is None
    assert page.evaluate("() => document.querySelector('#preview').decode().then(() => preview.naturalWidth)") >= 400
    page.get_by_label("Name", exact=True).fill("From the camera")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Make the avatar").click()
    expect(page.get_by_role("heading", name="From the camera is ready.")).to_be_visible(timeout=60_000)


def test_a_picture_can_be_dropped_and_one_that_misses_does_no_harm(
    visit: Visit, alice: User, workspace: Workspace, tmp_path: Path
) -> None:
    page = visit(alice, workspace, draws=False, viewport={"width": 1200, "height": 900}).go("/avatars/new")
    note, portrait = tmp_path / "notes.txt", tmp_path / "my-face.jpg"
    note.write_text("text")
    portrait.write_bytes(PORTRAIT.read_bytes())
    drop(page, page.locator("h1"), note)
    expect(page.get_by_text("Choose a JPEG, PNG or WebP picture")).to_be_hidden()
    drop(page, page.locator("#drop"), note)
    expect(page.get_by_text("Choose a JPEG, PNG or WebP picture")).to_be_visible()
    drop(page, page.locator("#drop"), portrait)
    expect(page.locator("#preview")).to_be_visible()
    expect(page.locator("#drop")).not_to_have_class(re.compile("is-over"))
    expect(page.locator("#maker")).to_have_attribute("data-state", "chosen")
    assert page.url.endswith("/avatars/new")


def two_people() -> bytes:
    """Two portraits in one picture, their faces as large as each other: a much smaller one would not count."""
    out = io.BytesIO()
    with Image.open(PORTRAIT) as left, Image.open(PORTRAIT.with_name("officer.jpg")) as right:
        both = Image.new("RGB", (1200, 640), "white")
        both.paste(ImageOps.fit(left.convert("RGB").crop((90, 10, 350, 287)), (600, 640)), (0, 0))
        both.paste(ImageOps.fit(right.convert("RGB"), (600, 640)), (600, 0))
    both.save(out, "JPEG", quality=92)
    return out.getvalue()


@pytest.mark.parametrize("size", [{"width": 1200, "height": 900}, {"width": 390, "height": 844}], ids=["desk", "phone"])
def test_one_of_two_people_is_chosen(
    visit: Visit, alice: User, workspace: Workspace, tmp_path: Path, size: dict[str, int]
) -> None:
    page = visit(alice, workspace, draws=False, viewport=size).go("/avatars/new")
    choose(page, tmp_path / "friends.jpg", two_people())
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Make the avatar").click()
    expect(page.get_by_role("heading", name="There are several faces")).to_be_visible(timeout=60_000)
    buttons = page.get_by_role("group", name="Faces in the picture").get_by_role("button")
    expect(buttons).to_have_text(["Face 1", "Face 2"])
    expect(buttons.first).to_be_focused()
    picture_box, areas = page.locator("#preview").bounding_box(), page.locator("#faces button")
    expect(areas).to_have_count(2)
    boxes = [areas.nth(at).bounding_box() for at in range(2)]
    assert picture_box is not None
    middle = picture_box["x"] + picture_box["width"] / 2
    right = next(at for at, box in enumerate(boxes) if box is not None and box["x"] > middle)
    assert all(box is not None and box["x"] + box["width"] <= picture_box["x"] + picture_box["width"] for box in boxes)
    page.goto("/avatars")
    page.get_by_role("link", name="friends: choose a face").click()  # it waits for who went away
    expect(buttons).to_have_count(2)
    areas.nth(right).click()
    expect(page.get_by_role("heading", name="friends is ready.")).to_be_visible(timeout=60_000)
    with workspace_scope(workspace.pk):
        made = Avatar.objects.get()
    assert made.face == right + 1


def test_a_voice_is_heard_before_it_is_chosen(visit: Visit, alice: User, workspace: Workspace, tmp_path: Path) -> None:
    page = visit(alice, workspace, draws=False, viewport={"width": 1200, "height": 900}).go("/avatars/new")
    choose(page, tmp_path / "mira.glb", head())
    voices, listen = page.get_by_label("Voice"), page.get_by_role("button", name="Listen")
    voices.select_option(index=1)
    chosen = voices.input_value()
    listen.click()
    expect(listen).to_have_attribute("aria-pressed", "true")
    expect(listen).to_have_attribute("aria-pressed", "false", timeout=30_000)  # it has been said
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Make the avatar").click()
    expect(page.get_by_role("heading", name="mira is ready.")).to_be_visible(timeout=60_000)
    with workspace_scope(workspace.pk):
        assert Avatar.objects.get().voice == chosen
    page.goto("/avatars/new")
    expect(page.get_by_label("Voice")).to_have_value(chosen)


def drop(page: Page, target: Locator, path: Path) -> None:
    """As the system does it when a file is dragged from a folder."""
    box = target.bounding_box()
    assert box is not None
    devtools = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        devtools.send("Input.dispatchDragEvent", {"type": kind, "data": data} | place)
    devtools.detach()


def test_it_is_deleted_in_the_gallery_by_who_types_its_name(
    visit: Visit, alice: User, workspace: Workspace, tmp_path: Path
) -> None:
    page = visit(alice, workspace, draws=False, viewport={"width": 1200, "height": 900}).go("/avatars/new")
    choose(page, tmp_path / "mira.glb", head())
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Make the avatar").click()
    expect(page.get_by_role("heading", name="mira is ready.")).to_be_visible(timeout=60_000)
    page.goto("/avatars")
    page.get_by_label("Delete mira").click()
    page.get_by_label("Name of the avatar").fill("mira")
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("everything made from it are deleted")).to_be_visible()
    with workspace_scope(workspace.pk):
        assert not Avatar.objects.exists()
