"""Why an upload does not become an avatar: a code for programs, a sentence and a hint for people."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.errors import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """What is wrong, and what to do about it."""

    detail: str
    hint: str


REASONS = {
    "too_large": Reason(detail="The file is too large.", hint="Send a photo of at most 20 MB, or a head (GLB) of at most 30 MB."),
    "empty": Reason(detail="The file is empty.", hint="Choose another file."),
    "unknown_kind": Reason(
        detail="This is neither a JPEG, PNG or WebP picture nor a GLB head.",
        hint="Save the photo as JPEG, or export the head as binary glTF (.glb).",
    ),
    "too_many_pixels": Reason(
        detail="The picture has too many pixels.", hint="Make it smaller: 2,000 pixels on the longer side are plenty."
    ),
    "picture_too_small": Reason(detail="The picture is too small.", hint="Use one with at least 256 pixels on the shorter side."),
    "unreadable": Reason(detail="The picture can't be read: it is damaged or cut off.", hint="Save it again, as JPEG."),
    "no_face": Reason(
        detail="There is no face to be found.",
        hint="Use a portrait from the front: the whole face in the picture, evenly lit, nothing in front of it.",
    ),
    "several_faces": Reason(detail="There are several faces in the picture.", hint="Choose whose avatar it is to become."),
    "too_small": Reason(
        detail="The face is too small in the picture.", hint="Come closer, or use a larger picture: the head should fill it."
    ),
    "turned_too_far": Reason(
        detail="The face is turned too far to the side.", hint="Look straight into the camera, with the head upright."
    ),
    "mouth_covered": Reason(
        detail="The mouth is covered.", hint="Nothing may lie in front of the mouth: no hand, microphone, mask or scarf."
    ),
    "not_a_face": Reason(
        detail="What was found is hardly a face seen from the front.",
        hint="Use a photo of one person who looks into the camera with the whole face in view.",
    ),
    "too_dark": Reason(detail="The face is too dark.", hint="Turn towards a window or a lamp, and take the photo again."),
    "head_invalid": Reason(detail="The GLB file is damaged or not glTF 2.0.", hint="Export it again as binary glTF 2.0."),
    "head_too_complex": Reason(
        detail="The head has more nodes, vertices, targets or texture pixels than a browser draws smoothly.",
        hint="Reduce it to 200,000 vertices, 250 targets a mesh, 12 million vertices times targets, textures of 4,096 × 4,096.",
    ),
    "head_external": Reason(
        detail="The head refers to files outside of itself.", hint="Export it as one .glb file with everything embedded."
    ),
    "head_extension": Reason(
        detail="The head needs a glTF extension that the viewer doesn't have.",
        hint="Export it without Draco, Meshopt and Basis compression.",
    ),
    "head_no_mouth": Reason(
        detail="The head has no morph targets that we know for the mouth.",
        hint="Name them as in ARKit (jawOpen, mouthClose, …), Oculus (viseme_aa, …) or VRM (A, I, U, E, O).",
    ),
    "url_unreachable": Reason(
        detail="The picture could not be fetched from its address.",
        hint="It must be public, on https, answer 200 without a redirect within 15 seconds, and be at most 20 MB.",
    ),
    "storage_full": Reason(
        detail="The workspace's storage is full.", hint="Delete avatars or files that are not needed, or move to a larger plan."
    ),
    "failed": Reason(detail="The avatar could not be made; the fault is ours.", hint="Try again; our log knows the cause."),
}


class Refused(Problem):
    """An upload that does not become an avatar. `code` is one of REASONS."""

    status = 422
    title = "This can't become an avatar"

    def __init__(self, code: str) -> None:
        reason = REASONS[code]
        super().__init__(reason.detail, code=code, hint=reason.hint)
        self.status = {"too_large": 413, "unknown_kind": 415}.get(code, 422)


def reason_of(code: str) -> Reason:
    """The reason for a code; one that an older release wrote and nobody knows any more gets the last one."""
    return REASONS.get(code, REASONS["failed"])
