"""Keeps the espeak-ng process: starts it, asks it, ends it when it hangs, starts it again when it died."""

import atexit
import ctypes.util
import json
import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock, Timer
from typing import IO

from avatars.voice.errors import SpeechError
from avatars.voice.once import once

NEEDS = "Install the extra visavis[espeak], or libespeak-ng1 of the system."
_ANSWER_WITHIN_S = 10.0
_ATTEMPTS = 2
_LIBRARIES = ("libespeak-ng.so", "libespeak-ng.dylib", "espeak-ng.dll")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A word (`start`, `length`: its characters) or a phoneme (`ipa`, empty for a pause) that begins at `sample`."""

    kind: str
    sample: int
    start: int
    length: int
    ipa: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`pcm`: PCM16 mono at `sample_rate`; `ipa`: the words' pronunciation, apart by spaces."""

    sample_rate: int
    pcm: bytes
    events: tuple[Event, ...]
    ipa: str


def espeak_available() -> bool:
    """Whether a library is installed, in the wheel espeakng-loader or in the system; nothing of it is loaded here."""
    return bool(_library()[0])


class EspeakProcess:
    """One worker process, shared by all threads, one sentence at a time (espeak-ng needs 0.6 ms for a second of speech)."""

    def __init__(self, *, answer_within_s: float = _ANSWER_WITHIN_S) -> None:
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._patience = answer_within_s
        atexit.register(self.close)

    @property
    def pid(self) -> int:
        """The worker's process id, 0 while none runs."""
        return self._process.pid if self._process is not None else 0

    def ask(self, text: str, *, voice: str, words_per_minute: int) -> Answer:
        """Sound and times of `text`; raises SpeechError(voice_unavailable | engine_failed)."""
        request = json.dumps({"text": text, "voice": voice, "words_per_minute": words_per_minute}).encode()
        if not self._lock.acquire(timeout=3 * self._patience):
            raise _failed()
        try:
            return self._answer(request)
        finally:
            self._lock.release()

    def close(self) -> None:
        """End the worker; the next question starts a new one."""
        process, self._process = self._process, None
        if process is not None and self._owner == os.getpid():
            process.kill()
            process.communicate()

    def _answer(self, request: bytes) -> Answer:
        for _ in range(_ATTEMPTS):
            process = self._running()
            try:
                with _deadline(process, self._patience):
                    return _exchange(process, request)
            except (OSError, EOFError, ValueError):
                self.close()
        raise _failed()

    def _running(self) -> subprocess.Popen[bytes]:
        """The worker of this process (a forked child starts its own)."""
        if self._process is not None and self._owner == os.getpid() and self._process.poll() is None:
            return self._process
        self.close()
        self._process, self._owner = _start(), os.getpid()
        return self._process


def _start() -> subprocess.Popen[bytes]:
    library, data = _library()
    if not library:
        raise SpeechError("voice_unavailable", "espeak-ng is not installed.", hint=NEEDS)
    worker = str(Path(__file__).with_name("espeak_worker.py"))
    return subprocess.Popen(
        [sys.executable, "-I", worker, library, data],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


@contextmanager
def _deadline(process: subprocess.Popen[bytes], seconds: float) -> Iterator[None]:
    """A worker that takes longer is killed; whoever waits for it then reads the end of its output."""
    timer = Timer(seconds, process.kill)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _exchange(process: subprocess.Popen[bytes], request: bytes) -> Answer:
    if process.stdin is None or process.stdout is None:
        raise EOFError
    process.stdin.write(struct.pack("<I", len(request)) + request)
    process.stdin.flush()
    header = json.loads(_message(process.stdout))
    pcm = _message(process.stdout)
    if "error" in header:
        raise SpeechError("voice_unavailable", "espeak-ng does not know this voice.", hint=NEEDS)
    events = tuple(
        Event(kind=kind, sample=sample, start=start, length=length, ipa=ipa)
        for kind, sample, start, length, ipa in header["events"]
    )
    return Answer(sample_rate=header["sample_rate"], pcm=pcm, events=events, ipa=header["ipa"])


def _message(source: IO[bytes]) -> bytes:
    return _exactly(source, struct.unpack("<I", _exactly(source, 4))[0])


def _exactly(source: IO[bytes], count: int) -> bytes:
    data = source.read(count)
    if len(data) < count:
        raise EOFError
    return data


def _failed() -> SpeechError:
    return SpeechError("engine_failed", "espeak-ng did not answer.", hint="Try again; if it stays, look at the service's log.")


@cache
def _library() -> tuple[str, str]:
    """(library, data folder): the wheel's files, else the system's library with its own data, else ("", "")."""
    spec = find_spec("espeakng_loader")
    for folder in spec.submodule_search_locations or () if spec is not None else ():
        for name in _LIBRARIES:
            if (Path(folder) / name).exists():
                return str(Path(folder) / name), str(Path(folder) / "espeak-ng-data")
    return ctypes.util.find_library("espeak-ng") or "", ""


@once
def shared_process() -> EspeakProcess:
    """The one process that all voices use."""
    return EspeakProcess()
