"""What people call what the meter knows by its id: the Usage page asks, `settings.AVATAR_NAMES` answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping

from django.conf import settings
from django.utils.module_loading import import_string

NamesOf = Callable[[Collection[str]], Mapping[str, str]]


def avatar_names(ids: Collection[str]) -> dict[str, tuple[str, str]]:
    """For each id a name and a note; the note is the id where the name alone would not tell."""
    names_of: NamesOf = import_string(settings.AVATAR_NAMES)
    names = names_of(ids)
    often = Counter(names.values())
    return {one: _named(one, names.get(one, ""), often) for one in ids}


def _named(avatar_id: str, name: str, often: Mapping[str, int]) -> tuple[str, str]:
    if not name:
        return "A deleted avatar", avatar_id
    return name, avatar_id if often[name] > 1 else ""
