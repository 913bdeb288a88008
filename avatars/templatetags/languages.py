"""Template filter: a language tag (BCP 47) as people call the language."""

from __future__ import annotations

from django import template

register = template.Library()
_LANGUAGES = {
    "ar": "Arabic",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "fi": "Finnish",
    "fr": "French",
    "hi": "Hindi",
    "hu": "Hungarian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "nb": "Norwegian",
    "nl": "Dutch",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sv": "Swedish",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "zh": "Chinese",
}
_REGIONS = {"BR": "Brazil", "CN": "Mandarin", "GB": "UK", "PT": "Portugal", "US": "US"}


@register.filter
def language_name(tag: str) -> str:
    """`en-GB` → English (UK); a tag that is not known stays as it is."""
    code, _, region = tag.partition("-")
    name = _LANGUAGES.get(code, code)
    return f"{name} ({_REGIONS.get(region, region)})" if region else name
