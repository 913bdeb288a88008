"""Whether a video says in the picture that software made it."""

from __future__ import annotations

from accounts.tenancy import current_workspace_id
from avatars.videos.provenance import LABEL
from quotas.offers import FREE
from quotas.periods import subscription_of


def label_of(disclosure: bool | None, words: str) -> str:
    """The words to show, empty for none. Where it was left open: on the Free plan, and where words were given."""
    shown = disclosure if disclosure is not None else bool(words) or is_default()
    return (words or LABEL) if shown else ""


def is_default() -> bool:
    """Whether videos of the scope's workspace are labelled unless somebody says otherwise."""
    return bool(subscription_of(current_workspace_id()).plan.code == FREE)
