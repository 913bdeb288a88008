"""What a page must offer to everybody: names for its controls, room on a phone, a focus that can be seen."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

_CONTROLS = {"button", "link", "textbox", "searchbox", "combobox", "checkbox", "radio", "switch", "slider", "spinbutton", "tab"}
_FOCUS = """() => {
  const element = document.activeElement;
  const shown = [element, element.closest("label")].some((one) => {
    const style = one && getComputedStyle(one);
    return style && ((style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none");
  });
  const name = element.id || element.value || element.className || element.tagName;
  return { name, group: element.name ?? "", shown };
}"""


def nameless_controls(page: Page) -> list[str]:
    """Controls of the accessibility tree that a screen reader could not name."""
    devtools = page.context.new_cdp_session(page)
    nodes: list[dict[str, Any]] = devtools.send("Accessibility.getFullAXTree")["nodes"]
    devtools.detach()
    controls = [node for node in nodes if not node["ignored"] and node["role"]["value"] in _CONTROLS]
    assert controls, "a page without controls is no page of ours"
    return [f"{node['role']['value']} {node}" for node in controls if not node.get("name", {}).get("value", "").strip()]


def overflow(page: Page) -> int:
    """CSS pixels by which the page is wider than its window."""
    return int(page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def wide_tables(page: Page) -> list[str]:
    """Tables that have to be scrolled sideways to be read, by the names of their columns."""
    wide: list[str] = page.evaluate("""() => [...document.querySelectorAll(".table-wrap")]
        .filter((wrap) => wrap.scrollWidth > wrap.clientWidth).map((wrap) => wrap.querySelector("thead").textContent)""")
    return wide


def tab_through(page: Page, steps: int) -> list[dict[str, Any]]:
    """Press Tab so often; for each stop its name, its group and whether its focus can be seen."""
    stops = []
    for _ in range(steps):
        page.keyboard.press("Tab")
        stops.append(page.evaluate(_FOCUS))
    return stops
