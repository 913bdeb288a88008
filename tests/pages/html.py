"""Reads a page as a browser's accessibility tree would: what has which name, what is inline, what is there twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_CONTROLS = {"input", "select", "textarea"}
_VOID = {"input", "img", "meta", "link", "br", "hr"}


@dataclass
class Element:
    """A start tag with the text inside it."""

    tag: str
    attributes: dict[str, str]
    text: str = ""
    in_label: bool = False


@dataclass
class Page(HTMLParser):
    """A parsed page; `elements` in document order."""

    source: str
    elements: list[Element] = field(default_factory=list)
    _open: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.feed(self.source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        element.in_label = any(one.tag == "label" for one in self._open)
        self.elements.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag in {one.tag for one in self._open}:
            while self._open.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def all(self, tag: str) -> list[Element]:
        return [one for one in self.elements if one.tag == tag]

    def unnamed_controls(self) -> list[str]:
        """Form controls without a label, and buttons and links without a name."""
        labelled = {one.attributes.get("for") for one in self.all("label")}
        fields = [one for one in self.elements if one.tag in _CONTROLS and one.attributes.get("type") != "hidden"]
        missing = [one for one in fields if not (one.in_label or one.attributes.get("id") in labelled)]
        presses = [one for one in self.elements if one.tag in {"button", "a", "summary"}]
        missing += [one for one in presses if not one.text.strip() and not one.attributes.get("aria-label")]
        return [f"<{one.tag} {one.attributes}>" for one in missing]

    def repeated_ids(self) -> list[str]:
        ids = [one.attributes["id"] for one in self.elements if "id" in one.attributes]
        return sorted({one for one in ids if ids.count(one) > 1})
