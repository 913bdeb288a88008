"""Names that people give to things."""

from accounts.errors import Invalid

NAME_LENGTH = 80


def clean_name(name: str) -> str:
    """`name` without surplus white space; raises Invalid when nothing or too much is left."""
    name = " ".join(name.split())
    if not name or len(name) > NAME_LENGTH or not name.isprintable():
        raise Invalid(f"A name has 1 to {NAME_LENGTH} printable characters.", code="bad_name")
    return name
