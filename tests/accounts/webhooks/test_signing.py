"""What we sign, the official library of Standard Webhooks accepts; what was changed, it refuses."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from accounts import vault
from accounts.webhooks.models import WebhookEndpoint
from accounts.webhooks.signing import new_secret, seal, sign, signed_headers
from tests.accounts.webhooks.factories import current_secrets


@given(st.text(max_size=200), st.uuids())
def test_the_official_library_accepts_what_it_signs(text: str, number: object) -> None:
    secret, body = new_secret(), f'{{"type":"x","text":{text!r}}}'.encode("utf-8", "replace")
    headers = signed_headers(message_id=f"msg_{number}", body=body, secrets=[secret], now=timezone.now())
    Webhook(secret).verify(body, headers, json_parse=False)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(body, headers, json_parse=False)


@pytest.mark.parametrize("part", ["webhook-id", "webhook-timestamp", "body"])
def test_a_change_of_any_part_is_noticed(part: str) -> None:
    secret, body = new_secret(), b'{"a":1}'
    headers = signed_headers(message_id="msg_1", body=body, secrets=[secret], now=timezone.now())
    Webhook(secret).verify(body, headers)
    changed = {**headers, part: headers.get(part, "") + "1"} if part != "webhook-timestamp" else dict(headers)
    if part == "webhook-timestamp":
        changed[part] = str(int(headers[part]) - 1)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body + b" " if part == "body" else body, changed)


def test_it_signs_the_example_of_the_specification() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    signature = sign(secret, message_id="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp=1614265330, body=b'{"test": 2432232314}')
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_both_secrets_verify_while_one_replaces_the_other() -> None:
    old, new, now = new_secret(), new_secret(), timezone.now()
    row = WebhookEndpoint(secret=seal(new), previous_secret=seal(old), previous_until=now + timedelta(hours=1))
    headers = signed_headers(message_id="msg_1", body=b"{}", secrets=current_secrets(row, now), now=now)
    assert len(headers["webhook-signature"].split(" ")) == 2
    for secret in (old, new):
        Webhook(secret).verify(b"{}", headers)
    assert current_secrets(row, now + timedelta(hours=1)) == [new]


def test_a_secret_is_long_random_and_unreadable_where_it_is_kept() -> None:
    secret = new_secret()
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    assert secret != new_secret()
    assert secret not in seal(secret)
    assert secret.removeprefix("whsec_") not in seal(secret)


def test_what_is_sealed_opens_only_with_its_key_and_purpose(settings: object) -> None:
    sealed = vault.seal("open sesame", purpose="a")
    assert vault.unseal(sealed, purpose="a") == "open sesame"
    with pytest.raises(vault.Unreadable):
        vault.unseal(sealed, purpose="b")
    with pytest.raises(vault.Unreadable):
        vault.unseal(sealed[:-4] + "AAA=", purpose="a")


def test_a_replaced_key_still_opens_what_it_sealed_as_a_fallback(settings: object) -> None:
    from django.conf import settings as current
    from django.test import override_settings

    old = current.SECRET_KEY
    sealed = vault.seal("open sesame", purpose="a")
    with override_settings(SECRET_KEY="another", SECRET_KEY_FALLBACKS=[old]):
        assert vault.unseal(sealed, purpose="a") == "open sesame"
    with override_settings(SECRET_KEY="another"), pytest.raises(vault.Unreadable):
        vault.unseal(sealed, purpose="a")
