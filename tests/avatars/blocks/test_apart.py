"""Pictures of strangers are decoded in a process of their own, which is bounded, knows no secrets, and takes nobody along."""

from __future__ import annotations

import io
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from accounts.errors import Invalid
from avatars.blocks.errors import Busy
from avatars.uploads import apart
from avatars.uploads.apart import rewritten_apart
from avatars.uploads.picture import rewritten
from avatars.uploads.rewriting import CPU_SECONDS, MEMORY_BYTES, NICENESS
from tests.avatars.blocks.factories import a_picture


def in_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, work: str) -> None:
    """Have another program stand where pictures are written anew."""
    package = tmp_path / "avatars" / "uploads"
    package.mkdir(parents=True)
    for folder in (package.parent, package):
        (folder / "__init__.py").touch()
    (package / "rewriting.py").write_text(work)
    monkeypatch.setattr(apart, "_ROOT", tmp_path)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_it_writes_the_picture_that_would_have_been_written_here(form: str) -> None:
    assert rewritten_apart(a_picture(form)) == rewritten(a_picture(form))


def test_it_refuses_there_what_the_header_does_not_show() -> None:
    with pytest.raises(Invalid) as refused:
        rewritten_apart(a_picture()[:60])
    assert refused.value.code == "unreadable"


def test_it_starts_no_process_for_what_the_header_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere")
    with pytest.raises(Invalid) as refused:
        rewritten_apart(b"GIF89a")
    assert refused.value.code == "unknown_kind"


@pytest.mark.parametrize(
    "work",
    [
        pytest.param("import os; os.kill(os.getpid(), 11)", id="a decoder that crashes"),
        pytest.param("from resource import *; setrlimit(RLIMIT_CPU, (1, 1))\nwhile True: pass", id="one that never ends"),
        pytest.param("from resource import *; setrlimit(RLIMIT_AS, (2**28,) * 2); bytearray(2**30)", id="one that eats memory"),
    ],
)
def test_it_survives(work: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    in_place(monkeypatch, tmp_path, work)
    with pytest.raises(Invalid) as refused:
        rewritten_apart(a_picture())
    assert refused.value.code == "unreadable"


def test_it_waits_for_nobody_for_ever(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    in_place(monkeypatch, tmp_path, "import time; time.sleep(60)")
    monkeypatch.setattr(apart, "WALL_SECONDS", 0.5)
    with pytest.raises(Busy):
        rewritten_apart(a_picture())


def test_it_hands_over_no_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert os.environ["SECRET_KEY"]
    in_place(monkeypatch, tmp_path, "import json, os; print(json.dumps({'refused': ' '.join(os.environ)}))")
    with pytest.raises(Invalid) as refused:
        rewritten_apart(a_picture())
    assert set(refused.value.code.split()) <= {"LC_CTYPE"}  # Python's own


def test_it_limits_itself() -> None:
    asked = "print(os.nice(0), *(resource.getrlimit(one)[0] for one in (resource.RLIMIT_CPU, resource.RLIMIT_AS)))"
    program = f"import os, resource; from avatars.uploads.rewriting import limit; limit(); {asked}"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert (int(told[0]) >= NICENESS, [int(one) for one in told[1:]]) == (True, [CPU_SECONDS, MEMORY_BYTES])


def test_the_dearest_picture_is_far_from_the_limits() -> None:
    """A smooth, transparent WebP of as many pixels as are allowed."""
    out = io.BytesIO()
    Image.radial_gradient("L").resize((4096, 4096)).convert("RGBA").save(out, "WEBP", quality=20, method=0)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert rewritten_apart(out.getvalue()).width == 4096
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 10
