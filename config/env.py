"""Typed access to environment variables; `NAME_FILE` may point at a file that holds the value."""

import os
from pathlib import Path


class MissingSetting(RuntimeError):
    """A required environment variable is absent or malformed."""


def text(name: str, default: str | None = None) -> str:
    """Value of `name`, or of the file named by `name_FILE`; raises MissingSetting when neither nor a default exists."""
    if path := os.environ.get(f"{name}_FILE"):
        return Path(path).read_text().strip()
    value = os.environ.get(name, default)
    if value is None:
        raise MissingSetting(f"Set the environment variable {name} (or {name}_FILE). See docs/operations.md.")
    return value


def integer(name: str, default: int) -> int:
    """Integer value of `name`; raises MissingSetting when it is not a number."""
    value = text(name, str(default))
    try:
        return int(value)
    except ValueError as error:
        raise MissingSetting(f"{name} must be a whole number, not {value!r}.") from error


def boolean(name: str, default: bool) -> bool:
    """Boolean value of `name`: 1/true/yes/on or 0/false/no/off."""
    value = text(name, "on" if default else "off").lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off", ""}:
        return False
    raise MissingSetting(f"{name} must be on or off, not {value!r}.")


def words(name: str, default: str = "") -> list[str]:
    """Comma-separated values of `name`."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]
