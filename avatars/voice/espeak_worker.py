"""A process of its own around libespeak-ng (GPL-3.0): sentences come in on stdin, sound and times go out on stdout.

Started by path and with the standard library alone; it imports nothing of Visavis and Visavis imports nothing of it.
Each message is u32 length (little-endian), JSON, and in answers u32 length, PCM16 at the rate named in the JSON.
"""

import ctypes
import json
import struct
import sys
from typing import BinaryIO

_SYNCHRONOUS = 2
_PHONEME_EVENTS, _PHONEME_IPA, _DONT_EXIT = 1, 2, 0x8000
_END_OF_LIST, _WORD, _PHONEME = 0, 1, 7
_UTF8, _IPA, _END_PAUSE = 1, 2, 0x1000
_RATE = 1


class _Id(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    ]


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


class Synthesiser:
    """espeak-ng's one global engine; see speak_lib.h."""

    def __init__(self, library: str, data: str) -> None:
        self._library = ctypes.CDLL(library)
        options = _PHONEME_EVENTS | _PHONEME_IPA | _DONT_EXIT
        self.sample_rate: int = self._library.espeak_Initialize(_SYNCHRONOUS, 0, data.encode() or None, options)
        if self.sample_rate <= 0:
            raise RuntimeError("espeak-ng did not start")
        self._library.espeak_Synth.argtypes = [
            *(ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int),
            *(ctypes.c_uint, ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p),
        ]
        self._library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        self._callback = _Callback(self._take)
        self._library.espeak_SetSynthCallback(self._callback)
        self._pcm = bytearray()
        self._events: list[tuple[str, int, int, int, str]] = []

    def speak(self, text: str, *, voice: str, words_per_minute: int) -> tuple[bytes, list[tuple[str, int, int, int, str]]]:
        """PCM16 and events (kind, sample, first character, characters, IPA); raises ValueError for an unknown voice."""
        if self._library.espeak_SetVoiceByName(voice.encode()):
            raise ValueError(voice)
        self._library.espeak_SetParameter(_RATE, words_per_minute, 0)
        self._pcm, self._events = bytearray(), []
        encoded = text.encode() + b"\0"
        self._library.espeak_Synth(encoded, len(encoded), 0, 1, 0, _UTF8 | _END_PAUSE, None, None)
        self._library.espeak_Synchronize()
        return bytes(self._pcm), self._events

    def pronounce(self, text: str) -> str:
        """The words' IPA in the voice of the last sentence, apart by spaces: with the length that events leave out."""
        rest, clauses = ctypes.c_char_p(text.encode()), []
        while rest.value:
            clauses.append(self._library.espeak_TextToPhonemes(ctypes.byref(rest), _UTF8, _IPA) or b"")
        return b" ".join(clauses).decode("utf-8", "replace")

    def _take(self, wav: "ctypes._Pointer[ctypes.c_short]", count: int, events: "ctypes._Pointer[_Event]") -> int:
        if wav and count > 0:
            self._pcm += ctypes.string_at(wav, count * 2)
        at = 0
        while events[at].type != _END_OF_LIST:
            self._note(events[at])
            at += 1
        return 0

    def _note(self, event: _Event) -> None:
        if event.type == _WORD:
            self._events.append(("word", event.sample, event.text_position - 1, event.length, ""))
        elif event.type == _PHONEME:
            ipa = bytes(event.id.string).split(b"\0")[0].decode("utf-8", "replace")
            self._events.append(("phoneme", event.sample, 0, 0, ipa))


def main() -> None:
    """Answer until stdin ends. Arguments: the library, its data folder ("" for the library's own)."""
    synthesiser = Synthesiser(sys.argv[1], sys.argv[2])
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while head := source.read(4):
        request = json.loads(source.read(struct.unpack("<I", head)[0]))
        _answer(sink, synthesiser, request)


def _answer(sink: BinaryIO, synthesiser: Synthesiser, request: dict[str, object]) -> None:
    pcm, answer = b"", {}
    try:
        pcm, events = synthesiser.speak(
            str(request["text"]), voice=str(request["voice"]), words_per_minute=int(str(request["words_per_minute"]))
        )
        ipa = synthesiser.pronounce(str(request["text"]))
        answer = {"sample_rate": synthesiser.sample_rate, "events": events, "ipa": ipa}
    except ValueError:
        answer = {"error": "unknown_voice"}
    header = json.dumps(answer).encode()
    sink.write(struct.pack("<I", len(header)) + header + struct.pack("<I", len(pcm)) + pcm)
    sink.flush()


if __name__ == "__main__":
    main()
