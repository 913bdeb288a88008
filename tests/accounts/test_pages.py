"""The account pages: what each role finds, and that forms do what they say."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client

from accounts.models import ApiKey, AuditEntry, Membership, Role, User, Workspace
from accounts.tenancy import workspace_scope
from tests.people import Join, person, sign_in

pytestmark = pytest.mark.django_db
VISITED = [
    "/settings/", "/settings/members/", "/settings/audit/", "/developers/keys/", "/developers/keys/new/", "/workspaces/new/",
    "/accounts/2fa/", "/accounts/2fa/webauthn/add/", "/accounts/2fa/totp/activate/", "/accounts/email/",
    "/accounts/password/set/", "/accounts/sessions/", "/accounts/logout/",
]  # fmt: skip
ENTRANCES = ["/accounts/login/", "/accounts/signup/", "/accounts/login/code/", "/accounts/password/reset/"]


class Checker(HTMLParser):
    """Collects what would break keyboards, screen readers or the content security policy."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.ids: set[str] = set()
        self.labels: set[str] = set()
        self.inputs: list[tuple[str | None, bool]] = []
        self.inside_label = False
        self.headings = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if (name := given.get("id")) is not None:
            if name in self.ids:
                self.faults.append(f"id {name} twice")
            self.ids.add(name)
        self.headings += tag == "h1"
        if tag == "script" and "src" not in given and given.get("type") != "application/json":
            self.faults.append("inline script")
        if "style" in given or any(key.startswith("on") for key in given):
            self.faults.append(f"inline style or handler on {tag}")
        if tag == "label":
            self.inside_label = True
            self.labels.add(given.get("for") or "")
        if tag in {"input", "select", "textarea"} and given.get("type") not in {"hidden", "submit"}:
            self.inputs.append((given.get("id"), self.inside_label or "aria-label" in given))

    def handle_endtag(self, tag: str) -> None:
        if tag == "label":
            self.inside_label = False

    def finish(self) -> list[str]:
        unlabelled = [name for name, labelled in self.inputs if not labelled and name not in self.labels]
        return self.faults + [f"no label: {name}" for name in unlabelled] + (["h1 is not one"] if self.headings != 1 else [])


def faults_of(html: str) -> list[str]:
    checker = Checker()
    checker.feed(html)
    return checker.finish()


@pytest.mark.parametrize("address", VISITED)
def test_it_serves_pages_that_everybody_can_use(alice_client: Client, bob: User, address: str) -> None:
    response = alice_client.get(address)
    assert response.status_code == 200, response.headers.get("Location")
    assert faults_of(response.content.decode()) == []


@pytest.mark.parametrize("address", ENTRANCES)
def test_it_serves_entrances_that_everybody_can_use(address: str) -> None:
    response = Client().get(address)
    assert response.status_code == 200
    assert faults_of(response.content.decode()) == []
    assert "script-src 'self'" in response["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("address", "lowest"),
    [
        ("/settings/", Role.VIEWER),
        ("/settings/members/", Role.MEMBER),
        ("/settings/audit/", Role.ADMIN),
        ("/developers/keys/", Role.ADMIN),
        ("/developers/keys/new/", Role.ADMIN),
    ],
)
def test_it_shows_each_role_its_pages(join: Join, workspace: Workspace, address: str, lowest: Role) -> None:
    ranks = [Role.VIEWER, Role.MEMBER, Role.ADMIN, Role.OWNER]
    for rank, role in enumerate(ranks):
        client = sign_in(join(f"P{rank}", role), workspace)
        assert client.get(address).status_code == (200 if rank >= ranks.index(lowest) else 403), role
    assert Client().get(address).status_code == 302


def test_it_sends_people_without_a_workspace_to_make_one(db: None) -> None:
    dora = person("Dora")
    client = sign_in(dora)
    assert client.get("/settings/")["Location"] == "/workspaces/new/"
    assert client.post("/workspaces/new/", {"name": " "}).status_code == 200
    client.post("/workspaces/new/", {"name": "Dora's place"})
    assert "Dora&#x27;s place" in client.get("/settings/").content.decode()


def test_it_switches_only_to_workspaces_of_the_person(
    alice_client: Client, workspace: Workspace, charlies_workspace: Workspace
) -> None:
    assert alice_client.post("/workspaces/switch/", {"workspace": str(charlies_workspace.pk)}).status_code == 404
    assert alice_client.get("/api/v1/me").json()["workspace"]["id"] == str(workspace.pk)
    alice_client.post("/workspaces/new/", {"name": "Second"})
    assert alice_client.get("/api/v1/me").json()["workspace"]["name"] == "Second"
    alice_client.post("/workspaces/switch/", {"workspace": str(workspace.pk)})
    assert alice_client.get("/api/v1/me").json()["workspace"]["id"] == str(workspace.pk)


def test_it_renames_and_refuses_to(alice_client: Client, bob_client: Client, workspace: Workspace) -> None:
    assert bob_client.post("/settings/name/", {"name": "Bob's"}).status_code == 403
    assert alice_client.post("/settings/name/", {"name": "x" * 81}).status_code == 400
    workspace.refresh_from_db()
    assert workspace.name == "Alice & Co"
    alice_client.post("/settings/name/", {"name": "  New   name "})
    workspace.refresh_from_db()
    assert workspace.name == "New name"


def test_it_saves_websites_or_says_which_is_wrong(alice_client: Client, workspace: Workspace) -> None:
    refused = alice_client.post("/settings/origins/", {"origins": "https://a.example\nnonsense"})
    assert (refused.status_code, "nonsense" in refused.content.decode()) == (400, True)
    alice_client.post("/settings/origins/", {"origins": "https://a.example\nhttps://B.example/"})
    workspace.refresh_from_db()
    assert workspace.embed_origins == ["https://a.example", "https://b.example"]


def test_it_shows_a_new_key_once(alice_client: Client, workspace: Workspace) -> None:
    made = alice_client.post("/developers/keys/new/", {"name": "CI", "scopes": ["usage:read"], "days": "30"})
    found = re.search(r"vv_live_\w{48}", made.content.decode())
    assert found
    assert "no-store" in made["Cache-Control"]
    assert found[0] not in alice_client.get("/developers/keys/").content.decode()
    with workspace_scope(workspace.pk):
        key = ApiKey.objects.get()
    assert key.scopes == ["usage:read"]
    assert key.expires_at is not None
    alice_client.post(f"/developers/keys/{key.pk}/revoke/")
    assert str(key.pk) not in alice_client.get("/developers/keys/").content.decode()


def test_it_asks_who_it_is_before_a_key_is_made(alice: User, workspace: Workspace) -> None:
    alice.set_password("correct horse battery")
    alice.save()
    client = sign_in(alice, workspace)
    session = client.session
    session["account_authentication_methods"] = []
    session.save()
    assert client.get("/developers/keys/new/")["Location"].startswith("/accounts/reauthenticate/")
    posted = client.post("/developers/keys/new/", {"name": "CI", "scopes": ["usage:read"]})
    assert posted["Location"].startswith("/accounts/reauthenticate/")
    body = {"name": "CI", "scopes": ["usage:read"]}
    answer = client.post("/api/v1/keys", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "reauthentication_required")
    with workspace_scope(workspace.pk):
        assert not ApiKey.objects.exists()
    page = client.get("/accounts/reauthenticate/?next=/developers/keys/new/")
    assert faults_of(page.content.decode()) == []
    done = client.post("/accounts/reauthenticate/", {"password": "correct horse battery", "next": "/developers/keys/new/"})
    assert done.status_code == 201, "what was asked for before is carried out now"
    with workspace_scope(workspace.pk):
        assert ApiKey.objects.count() == 1


def test_it_manages_people(alice_client: Client, bob: User, workspace: Workspace, charlie_client: Client) -> None:
    with workspace_scope(workspace.pk):
        membership = Membership.objects.get(user=bob)
    address = f"/settings/members/{membership.pk}"
    assert charlie_client.post(f"{address}/remove/").status_code == 404
    alice_client.post(f"{address}/role/", {"role": "admin"})
    with workspace_scope(workspace.pk):
        assert Membership.objects.get(user=bob).role == Role.ADMIN
    alice_client.post(f"{address}/remove/")
    with workspace_scope(workspace.pk):
        assert not Membership.objects.filter(user=bob).exists()
    assert "member.removed" in alice_client.get("/settings/audit/").content.decode()


def test_it_lets_people_leave_but_not_the_last_owner(alice_client: Client, bob_client: Client, workspace: Workspace) -> None:
    assert alice_client.post("/settings/leave/").status_code == 409
    assert bob_client.post("/settings/leave/").status_code == 302
    with workspace_scope(workspace.pk):
        assert Membership.objects.count() == 1
        assert AuditEntry.objects.filter(action="member.left").count() == 1


def test_it_signs_out_one_browser_of_ones_own(alice: User, alice_client: Client, charlie: User) -> None:
    mine = UserSession.objects.create(user=alice, session_key="a" * 32, ip="10.0.0.1", user_agent="Phone")
    other = UserSession.objects.create(user=charlie, session_key="b" * 32, ip="10.0.0.2", user_agent="Phone")
    assert alice_client.post(f"/settings/browsers/{other.pk}/end/").status_code == 404
    assert alice_client.post(f"/settings/browsers/{mine.pk}/end/").status_code == 302
    assert list(UserSession.objects.filter(pk__in=[mine.pk, other.pk])) == [other]
