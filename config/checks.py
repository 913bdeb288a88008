"""`python -m config.checks`: types, import rules, migrations, deployment settings, the committed schema, sizes."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from config.embedded.stack import Stack

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("config", "accounts", "quotas", "avatars", "sessions", "streaming", "benchmarks", "tests")
MAX_FILE_LINES, MAX_FUNCTION_LINES = 350, 50
BIN = Path(sys.executable).parent


def main() -> None:
    """Run every check; exit with 1 when one fails."""
    long = list(too_long())
    print("\n".join(long) or "sizes: ok", flush=True)
    stack = Stack.temporary().up()
    try:
        os.environ.setdefault("LOG_LEVEL", "WARNING")
        results = [_run(name, command) for name, command in commands().items()]
    finally:
        stack.down()
    sys.exit(1 if long or not all(results) else 0)


def commands() -> dict[str, list[str]]:
    """What is run, by name."""
    manage = [sys.executable, "manage.py"]
    return {
        "types": [str(BIN / "mypy"), *PACKAGES],
        "imports": [str(BIN / "lint-imports")],
        "migrations": [*manage, "makemigrations", "--check", "--dry-run"],
        "deployment": ["env", "BASE_URL=https://visavis.example", *manage, "check", "--deploy", "--fail-level", "WARNING"],
        "schema": [sys.executable, "-m", "config.schema", "--check"],
    }


def too_long() -> Iterator[str]:
    """Files over 350 lines and functions over 50, of the product."""
    for package in PACKAGES[:-2]:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" in path.parts:
                continue
            text = path.read_text()
            if text.count("\n") > MAX_FILE_LINES:
                yield f"{path.relative_to(ROOT)}: {text.count(chr(10))} lines"
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    lines = (node.end_lineno or node.lineno) - node.lineno + 1
                    if lines > MAX_FUNCTION_LINES:
                        yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {lines} lines"


def _run(name: str, command: list[str]) -> bool:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    print(f"{name}: {'ok' if done.returncode == 0 else 'FAILED'}", flush=True)
    if done.returncode:
        print(done.stdout[-6000:], done.stderr[-3000:], flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    main()
