"""Reads addresses and mark-up in any language: links, e-mail, Markdown."""

import re
from dataclasses import dataclass

from avatars.voice.reading import Rule, always

_LONGEST_PATH = 40
_TLD = (
    "com|org|net|edu|gov|io|dev|app|ai|co|uk|de|at|ch|fr|es|it|pt|br|nl|be|pl|se|no|dk|fi|tr|ru|in|cn|jp|eu|info|biz"
    "|us|ca|au|tv|me|example"
)
_LINK = re.compile(r"!?\[([^\]\[\n]{1,200})\]\(\s*[^()\s]{1,500}(?:\s+\"[^\"\n]{0,200}\")?\s*\)")
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_URL = re.compile(
    rf"(?:(?:https?|ftp)://|www\.)[^\s<>\"']{{1,2000}}|(?<![\w@.-])(?:[\w-]{{1,63}}\.){{1,5}}(?:{_TLD})\b(?:/[^\s<>\"']{{0,2000}})?",
    re.IGNORECASE,
)
_MARKS = re.compile(r"(?<!\w)[*_~`]+(?=\S)|(?<=\S)[*_~`]+(?!\w)|^[^\S\n]*(?:#{1,6}|[-*•>])\s+(?=\S)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """How a language names the signs of an address."""

    at: str
    dot: str
    slash: str
    dash: str = "-"
    underscore: str = "_"


def web_rules(signs: Signs) -> tuple[Rule, ...]:
    """Rules that come before a language's own: what they find is no number, date or abbreviation."""
    return (
        Rule(pattern=_LINK, say=lambda match: match.group(1)),
        Rule(pattern=_EMAIL, say=lambda match: _spell(match.group(), signs)),
        Rule(pattern=_URL, say=lambda match: _address(match.group(), signs)),
        Rule(pattern=_MARKS, say=always("")),
    )


def _address(url: str, signs: Signs) -> str:
    """Host and a short path; nobody wants to hear "www" or a query."""
    bare = url.rstrip(".,;:!?)]}*_'\"")
    marks = url[len(bare) :].lstrip(")]}*_'\"")
    host, _, path = re.sub(r"^(?:\w+://)?(?:www\.)?", "", bare, flags=re.IGNORECASE).partition("/")
    path = re.split(r"[?#]", path)[0].strip("/")
    whole = f"{host}/{path}" if path and len(path) <= _LONGEST_PATH and "%" not in path else host
    return _spell(whole, signs) + marks


def _spell(address: str, signs: Signs) -> str:
    named = {"@": signs.at, ".": signs.dot, "/": signs.slash, "-": signs.dash, "_": signs.underscore, "+": "plus"}
    return " ".join(named.get(part, part) for part in re.split(r"([@./_+-])", address) if part)
