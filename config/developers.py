"""The examples on the Developers page: text templates with this installation's address in them."""

from __future__ import annotations

from dataclasses import dataclass

from django.template.loader import render_to_string
from django.templatetags.static import static


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Code in one language, ready to copy."""

    language: str
    code: str


def calls(base: str, avatar: str) -> list[Example]:
    """Creating a session."""
    files = (("curl", "call.sh"), ("Python", "call.py"), ("JavaScript", "call.js"))
    return [_example(language, file, base=base, avatar=avatar) for language, file in files]


def embeds(base: str) -> list[Example]:
    """The element on a customer's page."""
    return [_example("HTML", "embed.html", base=base, bundle=static("visavis/visavis.js"))]


def turns(base: str) -> list[Example]:
    """Speaking from the server."""
    return [_example("curl", "turn.sh", base=base)]


def _example(language: str, file: str, **values: str) -> Example:
    # Named .txt: these are not HTML, and are escaped where the page shows them.
    return Example(language=language, code=render_to_string(f"developers/{file}.txt", values).strip())
