"""The operator's rooms: Django's admin behind the product's own sign-in and a second factor.

Staff may look; superusers may change as well. Every page runs in a deliberate `unscoped` scope, its template included;
a change to a workspace opens that workspace's scope inside (nothing is bypassed: the database still checks each row).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

from allauth.account.authentication import get_authentication_records
from allauth.mfa.utils import is_mfa_enabled
from django.contrib import admin, messages
from django.contrib.auth import logout as sign_out
from django.contrib.auth.views import redirect_to_login
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.http import urlencode
from django.utils.text import slugify

from accounts.models import User
from accounts.tenancy import unscoped

View = Callable[..., HttpResponse]
if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin


GROUPS = ("Customers", "Billing", "Offers and costs", "Records")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of its own beside the lists of rows, linked from the overview under its group."""

    route: str
    name: str
    label: str
    group: str
    view: View


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number of the overview and where to look closer."""

    value: str
    label: str
    url: str
    wants_attention: bool = False


class OperatorSite(admin.AdminSite):
    """The site below settings.ADMIN_PATH. Strangers find nothing there: 404."""

    site_header = "Visavis operator"
    site_title = "Visavis operator"
    index_title = "Overview"
    site_url = "/"
    enable_nav_sidebar = True

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.pages: list[Page] = []
        self.figures: list[Callable[[], Iterable[Figure]]] = []  # other rooms add theirs

    def get_urls(self) -> list[Any]:
        pages = [path(page.route, self.admin_view(page.view), name=page.name) for page in self.pages]
        return [*pages, *super().get_urls()]

    def index(self, request: HttpRequest, extra_context: Any = None) -> TemplateResponse:
        figures = [figure for told in self.figures for figure in told()]
        return super().index(request, {"figures": figures} | (extra_context or {}))

    def has_permission(self, request: HttpRequest) -> bool:
        return is_operator(request.user) and second_factor_given(request)

    def admin_view(self, view: View, cacheable: bool = False) -> View:  # type: ignore[override]
        """Let operators through; ask the others for what they lack. The answer is rendered within the scope."""

        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if (elsewhere := _missing(request)) is not None:
                return elsewhere
            with unscoped("the operator looks after every workspace"):
                answer = inner(request, *args, **kwargs)
                render = getattr(answer, "render", None)
                return render() if callable(render) else answer

        inner = super().admin_view(view, cacheable)
        return guarded

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """By what the operator does, not by the apps that the tables are in."""
        groups: dict[str, list[Any]] = {name: [] for name in GROUPS}
        for entry in self._entries(request, app_label):
            room = self._registry[entry["model"]]
            groups[getattr(room, "group", GROUPS[-1])].append(entry | {"name": getattr(room, "label", "") or entry["name"]})
        for page in self.pages if app_label is None else ():
            groups[page.group].append(_entry(page))
        top = reverse("admin:index", current_app=self.name)
        return [
            {
                "name": name,
                "app_label": slugify(name),
                "app_url": f"{top}#{slugify(name)}",
                "has_module_perms": True,
                "models": found,
            }
            for name, found in groups.items()
            if found
        ]

    def _entries(self, request: HttpRequest, app_label: str | None) -> list[Any]:
        """In the order in which they were registered, but for those that come first."""
        order = sorted(self._registry, key=lambda model: not getattr(self._registry[model], "comes_first", False))
        entries = [entry for app in super().get_app_list(request, app_label) for entry in app["models"]]
        return sorted(entries, key=lambda entry: order.index(entry["model"]))

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """There is no second login page: people sign in where everybody does."""
        return _missing(request) or redirect(f"{self.name}:index")

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:  # type: ignore[override]
        return redirect("account_change_password")

    def logout(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:  # type: ignore[override]
        if request.method == "POST":
            sign_out(request)
        return redirect("front_door")


site = OperatorSite(name="operator")


def _entry(page: Page) -> dict[str, Any]:
    address = reverse(f"admin:{page.name}", current_app=site.name)
    return {"name": page.label, "object_name": page.name, "admin_url": address, "add_url": None, "view_only": True, "perms": {}}


def is_operator(user: Any) -> bool:
    """Whether the person may see the operator's pages once they have given their second factor."""
    return bool(user.is_active and user.is_staff)


def second_factor_given(request: HttpRequest) -> bool:
    """Whether this very sign-in was with an authenticator app, a recovery code or a passkey."""
    records = get_authentication_records(request, request.user)
    return any(record.get("method") == "mfa" for record in records)


def _missing(request: HttpRequest) -> HttpResponse | None:
    """Where to send who is not let in yet; None for operators with a second factor. Raises Http404 for all others."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    if not is_operator(request.user):
        raise Http404
    if second_factor_given(request):
        return None
    after = urlencode({"next": request.get_full_path()})
    if is_mfa_enabled(request.user):
        return redirect(f"{reverse('mfa_reauthenticate')}?{after}")
    messages.info(request, "The operator's pages need a second factor: set up an authenticator app first.")
    return redirect(f"{reverse('mfa_activate_totp')}?{after}")


class ReadOnlyAdmin(ModelAdmin):
    """Rows to look at: nothing is added, changed or deleted here.

    `group`: the heading it stands under in the overview; `label`: its name there, where the model's own won't do.
    """

    group = "Records"
    label = ""
    comes_first = False
    actions = None
    list_per_page = 50
    show_full_result_count = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_operator(request.user)

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return is_operator(request.user)

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


def may_change(user: Any) -> bool:
    """Whether an operator may change things, not only look."""
    return isinstance(user, User) and is_operator(user) and user.is_superuser
