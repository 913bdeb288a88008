"""The snippets of docs/webhooks.md do what the page says, and its table names every event."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.webhooks.catalog import EVENT_TYPES
from accounts.webhooks.signing import new_secret, signed_headers

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "webhooks.md").read_text()
BODY = '{"type":"webhook.test","data":{"text":"ü"}}'.encode()
Verify = Callable[[str, dict[str, str], bytes], Any]


def snippet(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.S)
    assert found is not None
    return found.group(1)


def in_python(secret: str, headers: dict[str, str], body: bytes) -> Any:
    names: dict[str, Any] = {}
    exec(snippet("python"), names)  # noqa: S102  (our own page)
    return names["verify"](secret, headers, body)


def in_javascript(secret: str, headers: dict[str, str], body: bytes) -> Any:
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs Node")
    given = json.dumps([secret, headers, base64.b64encode(body).decode()])
    call = 'console.log(JSON.stringify(verify(secret, headers, Buffer.from(body, "base64"))));'
    code = f"{snippet('javascript')}\nconst [secret, headers, body] = {given};\n{call}"
    done = subprocess.run([node, "--input-type=module", "-e", code], capture_output=True, text=True, check=False)
    if done.returncode:
        raise ValueError(done.stderr)
    return json.loads(done.stdout)


@pytest.mark.parametrize("verify", [in_python, in_javascript])
def test_the_snippet_takes_what_we_sign_and_nothing_else(verify: Verify) -> None:
    old, new, now = new_secret(), new_secret(), timezone.now()
    headers = signed_headers(message_id="msg_1", body=BODY, secrets=[new, old], now=now)
    for secret in (old, new):
        assert verify(secret, headers, BODY) == json.loads(BODY)
    late = signed_headers(message_id="msg_1", body=BODY, secrets=[new], now=now - timedelta(minutes=6))
    wrong = [(new_secret(), headers, BODY), (new, headers, BODY + b" "), (new, {**headers, "webhook-id": "msg_2"}, BODY)]
    for secret, given, body in [*wrong, (new, late, BODY)]:
        with pytest.raises(ValueError, match=r"wrong signature|too old"):
            verify(secret, given, body)


def test_the_page_names_every_event() -> None:
    rows = "".join(line for line in PAGE.splitlines() if line.startswith("| `"))
    assert [name for name in EVENT_TYPES if f"`{name}`" not in rows] == []
