"""Pages about the workspace: settings, members, invitations, API keys, audit; choosing and making workspaces."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import selectors
from accounts.errors import NotFound, Problem
from accounts.forms import InvitationForm, KeyForm, NameForm, OriginsForm, roles_given_by
from accounts.middleware import WORKSPACE_SESSION_KEY
from accounts.pages import PageRequest, carried_out, problem_page, workspace_page
from accounts.services import invitations, keys, members, workspaces

AUDIT_PAGE_SIZE = 50
_form_methods = require_http_methods(["GET", "HEAD", "POST"])


# --- workspaces -------------------------------------------------------------------------------------------------------
@login_required
@_form_methods
def workspace_new(request: PageRequest) -> HttpResponse:
    """Make another workspace; who belongs nowhere also finds the offers that wait for them."""
    form = NameForm(request.POST or None)

    def create(name: str) -> None:
        _choose(request, workspaces.workspace_create(user=request.user, name=name).pk)

    if request.method == "POST" and carried_out(form, create):
        return redirect("studio")
    return render(request, "accounts/workspace_new.html", {"form": form, "offers": selectors.invitations_for(request.user)})


@login_required
@require_POST
def workspace_switch(request: PageRequest) -> HttpResponse:
    """Work in another of the person's workspaces from now on."""
    wanted = request.POST.get("workspace", "")
    for workspace in selectors.workspaces_of(request.user):
        if str(workspace.pk) == wanted:
            _choose(request, workspace.pk)
            return redirect("studio")
    return problem_page(request, NotFound("You don't belong to this workspace."))


def _choose(request: HttpRequest, workspace_id: UUID) -> None:
    request.session[WORKSPACE_SESSION_KEY] = str(workspace_id)


# --- settings ---------------------------------------------------------------------------------------------------------
@workspace_page("workspace:read")
@require_GET
def settings(request: PageRequest) -> HttpResponse:
    """The workspace's name, where it may be embedded, leaving it."""
    return _settings(request)


@require_POST
@workspace_page("workspace:write")
def workspace_rename(request: PageRequest) -> HttpResponse:
    form = NameForm(request.POST)
    if carried_out(form, lambda name: workspaces.workspace_rename(by=request.access, name=name)):
        messages.success(request, "The workspace has a new name.")
        return redirect("settings")
    return _settings(request, name_form=form)


@require_POST
@workspace_page("workspace:write")
def embed_origins(request: PageRequest) -> HttpResponse:
    form = OriginsForm(request.POST)
    if carried_out(form, lambda origins: workspaces.workspace_set_embed_origins(by=request.access, origins=origins)):
        messages.success(request, "The list of websites is saved.")
        return redirect("settings")
    return _settings(request, origins_form=form)


@require_POST
@workspace_page("workspace:read")
def workspace_leave(request: PageRequest) -> HttpResponse:
    members.member_leave(by=request.access)
    messages.success(request, f"You have left {request.access.workspace_name}.")
    request.session.pop(WORKSPACE_SESSION_KEY, None)
    return redirect("studio")


def _settings(request: PageRequest, **forms: Any) -> HttpResponse:
    workspace = selectors.workspace_current()
    shown = {
        "workspace": workspace,
        "can_write": request.access.allows("workspace:write"),
        "name_form": NameForm(initial={"name": workspace.name}),
        "origins_form": OriginsForm(initial={"origins": "\n".join(workspace.embed_origins)}),
    }
    return render(request, "accounts/settings.html", shown | forms, status=400 if forms else 200)


# --- members ----------------------------------------------------------------------------------------------------------
@workspace_page("members:read")
@require_GET
def members_page(request: PageRequest) -> HttpResponse:
    """The people of the workspace, and the offers that are open."""
    return _members(request)


@require_POST
@workspace_page("members:write")
def invitation_create(request: PageRequest) -> HttpResponse:
    form = InvitationForm(request.POST, by=request.access)
    if carried_out(form, lambda **values: invitations.invitation_create(by=request.access, **values)):
        messages.success(request, f"An invitation is on its way to {form.cleaned_data['email']}.")
        return redirect("members")
    return _members(request, form=form)


@require_POST
@workspace_page("members:write")
def invitation_revoke(request: PageRequest, invitation_id: UUID) -> HttpResponse:
    invitations.invitation_revoke(by=request.access, invitation_id=invitation_id)
    messages.success(request, "The invitation is withdrawn.")
    return redirect("members")


@require_POST
@workspace_page("members:write")
def member_role(request: PageRequest, membership_id: UUID) -> HttpResponse:
    role = request.POST.get("role", "")
    member = members.member_change_role(by=request.access, membership_id=membership_id, role=role)
    messages.success(request, f"{member.user.display_name} is {member.get_role_display().lower()} now.")
    return redirect("members")


@require_POST
@workspace_page("members:write")
def member_remove(request: PageRequest, membership_id: UUID) -> HttpResponse:
    members.member_remove(by=request.access, membership_id=membership_id)
    messages.success(request, "The person is no longer a member.")
    return redirect("members")


def _members(request: PageRequest, form: InvitationForm | None = None) -> HttpResponse:
    by = request.access
    roles = roles_given_by(by)
    context = {
        "members": selectors.members(),
        "invitations": selectors.invitations_open(),
        "can_write": by.allows("members:write"),
        "roles": roles,
        "given": {role for role, _ in roles},
        "form": form or InvitationForm(by=by),
    }
    return render(request, "accounts/members.html", context, status=400 if form else 200)


@never_cache
@_form_methods
def invitation_accept(request: HttpRequest, token: str) -> HttpResponse:
    """What is offered, to anybody with the link; accepting takes the invited person."""
    try:
        if request.method == "POST" and request.user.is_authenticated:
            member = invitations.invitation_accept(user=request.user, token=token)
            _choose(request, member.workspace_id)
            return redirect("studio")
        return render(request, "accounts/invitation.html", {"invitation": selectors.invitation_by_token(token)})
    except Problem as problem:
        return problem_page(request, problem)


@require_POST
@login_required
def invitation_accept_waiting(request: PageRequest, invitation_id: UUID) -> HttpResponse:
    """Accept an offer found on the page for a new workspace, without the link in the mail."""
    try:
        member = invitations.invitation_accept_waiting(user=request.user, invitation_id=invitation_id)
    except Problem as problem:
        return problem_page(request, problem)
    _choose(request, member.workspace_id)
    return redirect("studio")


@require_POST
@login_required
def login_session_end(request: PageRequest, session_id: int) -> HttpResponse:
    """Sign one of the person's other browsers out."""
    session = UserSession.objects.filter(user=request.user, pk=session_id).first()
    if session is None:
        return problem_page(request, NotFound("This browser is not signed in as you."))
    session.end()
    messages.success(request, "The browser is signed out.")
    return redirect("usersessions_list")


# --- API keys and audit -----------------------------------------------------------------------------------------------
@workspace_page("keys:read")
@require_GET
def api_keys(request: PageRequest) -> HttpResponse:
    """The workspace's keys, without their secrets."""
    context = {"keys": selectors.keys(), "can_write": request.access.allows("keys:write")}
    return render(request, "accounts/keys.html", context)


@never_cache
@_form_methods
@workspace_page("keys:write")
@reauthentication_required  # type: ignore[untyped-decorator]
def api_key_new(request: PageRequest) -> HttpResponse:
    """Make a key and show it, this once."""
    form = KeyForm(request.POST or None, by=request.access)
    created: list[keys.CreatedKey] = []

    def create(**values: Any) -> None:
        created.append(keys.key_create(by=request.access, **values))

    if request.method == "POST" and carried_out(form, create):
        return render(request, "accounts/key_created.html", {"created": created[0]}, status=201)
    return render(request, "accounts/key_new.html", {"form": form})


@require_POST
@workspace_page("keys:write")
def api_key_revoke(request: PageRequest, key_id: UUID) -> HttpResponse:
    keys.key_revoke(by=request.access, key_id=key_id)
    messages.success(request, "The key is revoked.")
    return redirect("api_keys")


@workspace_page("audit:read")
@require_GET
def audit(request: PageRequest) -> HttpResponse:
    """Who did what, newest first."""
    page = Paginator(selectors.audit_entries(), AUDIT_PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "accounts/audit.html", {"page": page})
