"""Only the public internet is called, whatever a name leads to, and the address that was checked is the one called."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from accounts.errors import Invalid
from accounts.webhooks.addresses import Policy, Refused, Resolver, Unresolved, checked_addresses, clean_url, is_public
from accounts.webhooks.wire import Limits, Wire
from tests.accounts.webhooks.factories import Receiver, Reply, receiving

STRICT, LAX = Policy(), Policy(insecure=True)
PRIVATE = [
    *("127.0.0.1", "127.8.8.8", "0.0.0.1", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254"),
    *("100.64.0.1", "192.0.0.1", "192.0.2.7", "198.18.0.1", "198.51.100.2", "203.0.113.9", "224.0.0.1", "240.0.0.1"),
    *("255.255.255.255", "192.88.99.1", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1"),
    *("::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001::1", "2001:db8::1", "100::1"),
    *("::ffff:8.8.8.8", "2001:10::1", "3fff::1", "5f00::1", "fec0::1"),
]
PUBLIC = ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "192.0.1.1", "2606:4700:4700::1111", "2a00:1450:4001::200e"]


@pytest.mark.parametrize("address", PRIVATE)
def test_it_refuses_what_is_not_on_the_internet(address: str) -> None:
    assert not is_public(address)
    with pytest.raises(Refused):
        checked_addresses("x.example", 443, resolve=lambda *_: ["8.8.8.8", address], policy=STRICT)


@pytest.mark.parametrize("address", PUBLIC)
def test_it_takes_what_is(address: str) -> None:
    assert is_public(address)
    assert checked_addresses("x.example", 443, resolve=lambda *_: [address], policy=STRICT) == [address]


@given(st.ip_addresses(v=4) | st.ip_addresses(v=6))
def test_it_takes_nothing_that_python_calls_private(address: Any) -> None:
    if is_public(str(address)):
        parsed = ip_address(str(address))
        assert parsed.is_global
        assert not parsed.is_multicast


@given(st.ip_addresses(v=4))
def test_it_is_not_fooled_by_a_mapped_address(address: Any) -> None:
    assert not is_public(f"::ffff:{address}")
    assert not is_public(f"64:ff9b::{address}")


def test_it_says_when_a_name_has_no_address() -> None:
    def broken(host: str, port: int) -> list[str]:
        raise OSError("no such host")

    resolvers: list[Resolver] = [broken, lambda *_: []]
    for resolve in resolvers:
        with pytest.raises(Unresolved):
            checked_addresses("nowhere.example", 443, resolve=resolve, policy=STRICT)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://hooks.example.com/", "insecure_url"),
        ("ftp://hooks.example.com/", "insecure_url"),
        ("https://hooks.example.com:22/", "forbidden_port"),
        ("https://hooks.example.com:80/", "forbidden_port"),
        ("https://user:secret@hooks.example.com/", "bad_url"),
        ("https://@hooks.example.com/", "bad_url"),
        ("https://hooks.example.com/#part", "bad_url"),
        ("https://hooks.example.com/a b", "bad_url"),
        ("https://hooks.example.com/\r\nHost: x", "bad_url"),
        ("https://exämple.com/", "bad_url"),
        ("https:///path", "bad_url"),
        ("https://hooks.example.com:99999/", "bad_url"),
        ("https://[::1/", "bad_url"),
        ("https://hooks.example.com\\@127.0.0.1/", "bad_url"),
        (f"https://hooks.example.com/{'a' * 500}", "bad_url"),
        ("", "bad_url"),
        ("https://127.0.0.1/", "forbidden_address"),
        ("https://[::1]/", "forbidden_address"),
        ("https://localhost/", "forbidden_address"),
        ("https://api.localhost/", "forbidden_address"),
        ("https://metadata.google.internal/", "forbidden_address"),
    ],
)
def test_it_refuses_a_url_that_it_would_not_call(url: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        clean_url(url, STRICT)
    assert refused.value.code == code


@pytest.mark.parametrize("url", ["https://hooks.example.com/a?b=c", "https://hooks.example.com:8443/", "https://1.1.1.1/"])
def test_it_takes_a_url_as_it_is(url: str) -> None:
    assert clean_url(f" {url}\n", STRICT) == url


def test_it_calls_this_machine_only_where_that_is_allowed() -> None:
    assert clean_url("http://localhost:5000/hooks", LAX) == "http://localhost:5000/hooks"
    with pytest.raises(Invalid):
        clean_url("file:///etc/passwd", LAX)


# --- the same with real sockets ---------------------------------------------------------------------------------------
def test_it_never_connects_to_a_name_that_leads_inside(receiver: Receiver) -> None:
    wire = Wire(policy=STRICT, resolve=lambda *_: ["127.0.0.1"])
    answer = wire.post(f"http://hooks.example.com:{receiver.port}/", headers={}, body=b"{}")
    assert (answer.status, answer.error) == (None, "forbidden_address")
    assert receiver.got == []


def test_it_resolves_once_so_that_a_second_answer_changes_nothing(receiver: Receiver) -> None:
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    wire = Wire(policy=LAX, resolve=lambda *_: next(answers), limits=Limits(connect=1, total=2))
    assert wire.post(f"http://rebind.example:{receiver.port}/", headers={}, body=b"{}").status == 200
    assert next(answers) == ["10.0.0.1"], "the second answer was never asked for"
    assert receiver.got[0].headers["Host"] == f"rebind.example:{receiver.port}"


def test_it_tries_the_next_address_when_one_is_dead(receiver: Receiver) -> None:
    wire = Wire(policy=LAX, resolve=lambda *_: ["127.0.0.99", "127.0.0.1"], limits=Limits(connect=1, total=3))
    assert wire.post(f"http://two.example:{receiver.port}/", headers={}, body=b"{}").status == 200


def test_it_uses_no_proxy_of_the_environment(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert Wire(policy=LAX).post(receiver.url, headers={}, body=b"{}").status == 200
        assert (len(receiver.got), len(proxy.got)) == (1, 0)


def test_it_follows_no_redirect(receiver: Receiver) -> None:
    with receiving() as inside:
        receiver.replies = [Reply(302, headers={"Location": inside.url})]
        answer = Wire(policy=LAX).post(receiver.url, headers={}, body=b"{}")
        assert (answer.status, answer.is_success) == (302, False)
        assert inside.got == []


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for hooks.example.com, signed by itself, with its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example.com")]), critical=False)
        .sign(key, SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + made.public_bytes(Encoding.PEM))
    return path


def test_it_checks_the_certificate_of_the_name_not_of_the_address(certificate: Path) -> None:
    names: list[str | None] = []
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate)
    server.sni_callback = lambda _socket, name, _context: names.append(name)
    trust = ssl.create_default_context(cafile=str(certificate))
    with receiving(lambda plain: server.wrap_socket(plain, server_side=True)) as receiver:
        wire = Wire(policy=LAX, resolve=lambda *_: ["127.0.0.1"], trust=trust, limits=Limits(connect=2, total=4))
        good = wire.post(f"https://hooks.example.com:{receiver.port}/", headers={}, body=b"{}")
        other = wire.post(f"https://other.example.com:{receiver.port}/", headers={}, body=b"{}")
        stranger = Wire(policy=LAX, resolve=wire.resolve).post(
            f"https://hooks.example.com:{receiver.port}/", headers={}, body=b"{}"
        )
        assert (good.status, other.error, stranger.error) == (200, "tls", "tls")
        assert names == ["hooks.example.com", "other.example.com", "hooks.example.com"]
        assert len(receiver.got) == 1
