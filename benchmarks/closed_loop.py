"""How well drawn photos say what they should: their faces are found again and measured (avatars/photo/closed_loop.py)."""

from __future__ import annotations

from benchmarks.figures import Figures

_UNIT = "% of the eyes' distance"


def measure(figures: Figures) -> None:
    """photo_…_pct: the worst of the three free photos, which smile, wear glasses, or are drawn."""
    from avatars.photo.closed_loop import closed_loop
    from avatars.photo.sheets import PHOTOS, rig_of

    seen = [closed_loop(rig_of(photo)) for photo in PHOTOS]
    figures.value("photo_lip_gap_closed_pct", max(face["PP"].gap for face in seen), _UNIT, "≤ 0.5")
    figures.value("photo_mouth_open_aa_pct", min(face["aa"].gap for face in seen), _UNIT, "≥ 12")
    figures.value("photo_mouth_width_ou_pct", max(face["ou"].width for face in seen), _UNIT, "≤ 52")
    narrowed = min(face["aa"].width - face["ou"].width for face in seen)
    figures.value("photo_mouth_narrowed_ou_pct", narrowed, _UNIT + ", against aa", "≥ 8")
    figures.value("photo_eye_open_pct", min(face["rest"].eye for face in seen), _UNIT)
    figures.value("photo_eye_closed_pct", max(face["blink"].eye for face in seen), _UNIT, "≤ 5")
    figures.value("photo_eye_closed_median_pct", sorted(face["blink"].eye for face in seen)[1], _UNIT, "≤ 3.5")
