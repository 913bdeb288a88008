"""What people choose for a new video. Rules live in the services; the form only shapes the input."""

from __future__ import annotations

from typing import Any

from django import forms

from avatars.face import EMOTIONS
from avatars.selectors import avatars_available, voices_available
from avatars.videos.disclosure import label_of
from avatars.videos.services.asking import MOST_CHARACTERS
from avatars.videos.wish import EmotionCue, VideoWish

_SIZES = (
    ("512x512", "Square, 512 × 512"),
    ("720x720", "Square, 720 × 720"),
    ("540x960", "Upright, 540 × 960"),
    ("960x540", "Wide, 960 × 540"),
    ("1280x720", "Wide, 1280 × 720"),
)
_GROUNDS = (
    ("", "The avatar’s own"),
    ("#ffffff", "White"),
    ("#16181d", "Dark"),
    ("#e8f4f1", "Pale teal"),
    ("#00b140", "Green, to be keyed"),
    ("alpha", "Transparent (WebM)"),
)


class VideoForm(forms.Form):
    """A script and how it is to be shown. Call it inside of the workspace's scope."""

    script = forms.CharField(
        label="Script",
        max_length=MOST_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 7, "autofocus": True}),
    )
    title = forms.CharField(label="Title", max_length=120, required=False, help_text="For the list; also the file’s name.")
    avatar = forms.ChoiceField(label="Avatar")
    voice = forms.ChoiceField(label="Voice", required=False)
    emotion = forms.ChoiceField(label="Mood", choices=[(name, name.capitalize()) for name in EMOTIONS], initial="neutral")
    size = forms.ChoiceField(label="Size", choices=_SIZES)
    ground = forms.ChoiceField(label="Background", choices=_GROUNDS, required=False)
    format = forms.ChoiceField(label="Format", choices=[("mp4", "MP4 (H.264, AAC)"), ("webm", "WebM (VP9, Opus)")])
    captions = forms.ChoiceField(
        label="Captions",
        choices=[("none", "None"), ("burned", "In the picture"), ("vtt", "As a file (WebVTT)")],
    )
    disclosure = forms.BooleanField(label="Say in the picture that it is AI-generated", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ready = [(voice.id, f"{voice.name} ({voice.language})") for voice in voices_available() if voice.available]
        self._choose("avatar", [(info.id, info.name) for info in avatars_available()])
        self._choose("voice", [("", "The avatar’s own"), *ready])

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def wish(self) -> VideoWish:
        """What was chosen; of a valid form."""
        chosen = self.cleaned_data
        width, height = (int(side) for side in chosen["size"].split("x"))
        mood = EmotionCue(name=chosen["emotion"], intensity=0.8, at_ms=0)
        return VideoWish(
            avatar=chosen["avatar"],
            script=chosen["script"],
            voice=chosen["voice"],
            emotions=() if mood.name == "neutral" else (mood,),
            background="" if chosen["ground"] == "alpha" else chosen["ground"],
            alpha=chosen["ground"] == "alpha",
            width=width,
            height=height,
            format=chosen["format"],
            captions=chosen["captions"],
            label=label_of(chosen["disclosure"], ""),
        )
