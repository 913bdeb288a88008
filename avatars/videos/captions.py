"""Captions: words become lines of a length to read, as WebVTT with the time of each word."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from avatars.voice import Word

LINE = 42  # characters a line, two lines a caption: the usual for subtitles
_LONGEST_MS = 6000
_PAUSE_MS = 600
_LINGER_MS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """Up to two lines that are shown together from `start_ms` until `end_ms`."""

    start_ms: int
    end_ms: int
    words: tuple[Word, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """The words as one line, or as two of about the same length."""
        return tuple(" ".join(word.text for word in line) for line in self.word_lines())

    def word_lines(self) -> tuple[tuple[Word, ...], ...]:
        """The words by line."""
        if _length(self.words) <= LINE:
            return (self.words,)
        cut = min(range(1, len(self.words) + 1), key=lambda at: abs(_length(self.words[:at]) - _length(self.words[at:])))
        return (self.words[:cut], self.words[cut:]) if cut < len(self.words) else (self.words,)


def captions(words: Sequence[Word]) -> list[Caption]:
    """Captions in order, none over the next: a new one after the end of a sentence, a pause, or when two lines are full."""
    groups: list[list[Word]] = []
    for word in words:
        if not groups or _begins(groups[-1], word):
            groups.append([])
        groups[-1].append(word)
    starts = [group[0].start_ms for group in groups]
    ends = [group[-1].end_ms + _LINGER_MS for group in groups]
    nexts = [*starts[1:], ends[-1] if ends else 0]
    return [
        Caption(start_ms=start, end_ms=min(end, following), words=tuple(group))
        for start, end, following, group in zip(starts, ends, nexts, groups, strict=True)
    ]


def webvtt(shown: Iterable[Caption]) -> str:
    """A WebVTT file (W3C Candidate Recommendation) whose cues carry a timestamp before each word but the first."""
    return "\n".join(["WEBVTT", *(_cue(number, caption) for number, caption in enumerate(shown, 1))])


def caption_at(shown: Sequence[Caption], at_ms: float) -> Caption | None:
    """What is to be read at a moment; None between captions."""
    return next((caption for caption in shown if caption.start_ms <= at_ms < caption.end_ms), None)


def _begins(group: Sequence[Word], word: Word) -> bool:
    last = group[-1]
    sentence_over = last.text.rstrip("\"'”’»)")[-1:] in set(".!?…。！？")
    full = _length([*group, word]) > 2 * LINE - 8 or word.end_ms - group[0].start_ms > _LONGEST_MS
    return sentence_over or full or word.start_ms - last.end_ms > _PAUSE_MS


def _length(words: Sequence[Word]) -> int:
    return sum(len(word.text) + 1 for word in words) - 1


def _cue(number: int, caption: Caption) -> str:
    lines = "\n".join(" ".join(_timed(word, caption) for word in line) for line in caption.word_lines())
    return f"\n{number}\n{_clock(caption.start_ms)} --> {_clock(caption.end_ms)}\n{lines}"


def _timed(word: Word, caption: Caption) -> str:
    text = escape(word.text, quote=False)
    inside = caption.start_ms < word.start_ms < caption.end_ms
    return f"<{_clock(word.start_ms)}>{text}" if inside else text


def _clock(ms: int) -> str:
    seconds, rest = divmod(ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}"
