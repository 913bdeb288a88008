"""What an installation can be told, by environment or command, stands in its documentation, and nothing else does."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
PAYMENTS = (ROOT / "docs" / "payments.md").read_text()
CODE = "".join(path.read_text() for path in (*(ROOT / "config").rglob("*.py"), ROOT / "avatars" / "voice" / "store.py"))
TAKEN = {"PATH", "HOST", "PORT"}  # any program's; the demo's, in the text above the table


def read_variables() -> set[str]:
    """Names that the code asks the environment for."""
    asked = re.findall(r'env\.(?:text|boolean|integer|words)\(\s*"(\w+)"', CODE)
    return {*asked, *re.findall(r'environ(?:\.get\(|\[)\s*"(\w+)"\)?\]?(?! *=)', CODE)} - TAKEN


def told_variables() -> set[str]:
    """Names in the first column of the tables of settings."""
    rows = re.findall(r"^\| (`[A-Z][^|]*)\|", OPERATIONS + PAYMENTS, re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([A-Z][A-Z0-9_]+)`", row)}


def test_it_tells_of_every_setting_and_of_no_other() -> None:
    assert "DATABASE_URL" in read_variables()
    assert read_variables() == told_variables()


def test_it_tells_of_every_command_and_of_no_other() -> None:
    section = OPERATIONS.partition("## Commands")[2].partition("\n## ")[0]
    written = {path.stem for path in ROOT.glob("*/management/commands/*.py")} - {"__init__"}
    assert "clock" in written
    assert set(re.findall(r"^\| `([a-z_]+)` \|", section, re.MULTILINE)) == written
