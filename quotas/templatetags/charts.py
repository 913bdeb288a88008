"""Template filters: the many small parts of a chart, which templates would be slow to write one by one."""

from __future__ import annotations

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from quotas.figures import CHART_HEIGHT, Chart, Column
from quotas.templatetags.units import amount

register = template.Library()
_DAY = (
    '<g class="chart-day" id="{}-{}" role="img" tabindex="{}" aria-label="{}: {}">'
    '<rect class="chart-strip" x="{}" width="{}" height="{}"/>{}</g>'
)
_BAR = '<rect class="chart-bar" x="{}" y="{}" width="{}" height="{}"/>'


@register.filter
def bars(chart: Chart) -> SafeString:
    """A group for each day: the strip that answers to pointer and keyboard, and the bar. The last day is the tab stop."""
    last = chart.columns[-1]
    return format_html_join("", _DAY, (_parts(chart, column, "0" if column is last else "-1") for column in chart.columns))


@register.filter
def figures(chart: Chart) -> SafeString:
    """Rows of the days with use, newest first."""
    row, unit = '<tr><td>{}</td><td class="number">{}</td></tr>', chart.metric.unit
    used = (column for column in reversed(chart.columns) if column.quantity)
    return format_html_join("", row, ((f"{column.day:%-d %B %Y}", amount(column.quantity, unit)) for column in used))


def _parts(chart: Chart, column: Column, tab: str) -> tuple[object, ...]:
    bar = format_html(_BAR, column.x, column.y, column.width, column.height) if column.height else ""
    shown = amount(column.quantity, chart.metric.unit)
    strip = (column.left, column.step, CHART_HEIGHT)
    return (chart.metric.value, column.day.isoformat(), tab, f"{column.day:%-d %B}", shown, *strip, bar)
