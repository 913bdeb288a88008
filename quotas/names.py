"""What people call what the meter knows by its id. Rooms above this one, which own the names, say them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping

NamesOf = Callable[[Collection[str]], Mapping[str, str]]
_avatars: list[NamesOf] = []


def avatars_are_named_by(names_of: NamesOf) -> None:
    """`names_of` knows the names of the workspace's avatars, without those that are gone."""
    _avatars[:] = [names_of]


def avatar_names(ids: Collection[str]) -> dict[str, tuple[str, str]]:
    """For each id a name and a note; the note is the id where the name alone would not tell."""
    names = {one: name for names_of in _avatars for one, name in names_of(ids).items()}
    often = Counter(names.values())
    return {one: _named(one, names.get(one, ""), often) for one in ids}


def _named(avatar_id: str, name: str, often: Mapping[str, int]) -> tuple[str, str]:
    if not name:
        return "A deleted avatar", avatar_id
    return name, avatar_id if often[name] > 1 else ""
