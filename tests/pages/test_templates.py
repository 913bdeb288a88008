"""What holds for every template, whoever wrote it: nothing inline that the content security policy would block."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

from avatars.views import MOODS
from config.pages import ENTRIES

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted(path for path in ROOT.glob("templates/**/*.html"))
SCRIPTS = sorted(path for path in ROOT.glob("static/js/**/*.js"))
INLINE = {
    "a script without src": re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")", re.I),
    "a style element": re.compile(r"<style\b", re.I),
    "a style attribute": re.compile(r"<[^>]+\sstyle\s*=", re.I),
    "an event handler": re.compile(r"<[^>]+\son[a-z]+\s*=", re.I),
    "htmx code": re.compile(r"\shx-on|\shx-vals=['\"]js:|hx-trigger=['\"][^'\"]*\[", re.I),
    "a javascript address": re.compile(r"javascript:", re.I),
    "another site": re.compile(r"(?:src|href)=\"(?:https?:)?//", re.I),
}


def icons() -> set[str]:
    """What the sprite holds."""
    return set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static/icons/lucide.svg").read_text()))


def icons_of(path: Path) -> set[str]:
    """What a template names itself."""
    return set(re.findall(r'components/(?:icon\.html" with name|empty\.html" with icon)="([^"]+)"', path.read_text()))


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_it_has_nothing_inline(path: Path) -> None:
    text = path.read_text()
    assert [name for name, pattern in INLINE.items() if pattern.search(text)] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_it_protects_every_form_that_writes(path: Path) -> None:
    for form in re.findall(r"<form\b[^>]*method=\"post\".*?</form>", path.read_text(), re.S | re.I):
        assert "csrf_token" in form


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_it_uses_only_icons_that_exist(path: Path) -> None:
    assert icons_of(path) <= icons()


def test_it_has_no_icons_that_nothing_uses() -> None:
    by_code = {mood.icon for mood in MOODS} | {icon for _, _, icon, _ in ENTRIES}
    assert by_code <= icons()
    assert icons() - by_code - set().union(*map(icons_of, TEMPLATES)) == set()


@pytest.mark.parametrize("path", SCRIPTS, ids=named)
def test_it_builds_no_html_from_text(path: Path) -> None:
    text = path.read_text()
    assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text) == []
    assert len(text.splitlines()) <= 350


def test_the_patterns_find_what_they_are_for() -> None:
    bad = {
        "a script without src": "<script>x()</script>",
        "a style element": "<style>",
        "a style attribute": '<p style="x">',
        "an event handler": '<a onclick="x">',
        "htmx code": '<a hx-on:click="x">',
        "a javascript address": '<a href="javascript:x">',
        "another site": '<script src="https://cdn.example/x.js">',
    }
    assert {name for name, pattern in INLINE.items() if pattern.search(bad[name])} == set(INLINE)
