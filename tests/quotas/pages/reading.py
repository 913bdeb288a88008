"""What a page says in its main part, as one line of words."""

from __future__ import annotations

import html
import re

from django.test import Client


def text_of(client: Client, path: str) -> str:
    """The words of the page at `path`, with one blank between them."""
    answer = client.get(path)
    assert answer.status_code == 200
    main = answer.content.decode().partition("<main")[2].partition(">")[2].partition("</main>")[0]
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", main)).split())
