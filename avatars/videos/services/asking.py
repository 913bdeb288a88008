"""Asking for a video: checked, held, written down, sent to a worker; or found among those that are finished."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.context import current_actor
from accounts.errors import Conflict, Invalid, NotFound
from accounts.identifiers import uuid7
from accounts.tenancy import current_workspace_id
from avatars.assets import access_asset
from avatars.face import EMOTIONS
from avatars.selectors import avatar, default_voice, lock_avatar, voice
from avatars.services.files import files_of, with_file
from avatars.services.room import take_room
from avatars.storage import writing
from avatars.videos.models import OPEN_STATES, Video, VideoState
from avatars.videos.services.measures import PAUSES_MS, bytes_while_made, expected_ms
from avatars.videos.services.sharing import one_at_a_time, send_next_on_commit
from avatars.videos.telling import tell
from avatars.videos.upload import Recording
from avatars.videos.wish import VideoWish
from quotas.metrics import Metric
from quotas.services import reserve

MOST_CHARACTERS = 20_000
MOST_PIXELS = 1920 * 1080
MOST_CUES = 200
AT_ONCE = 20
HOLD_LEASE = timedelta(hours=26)  # longer than a video may take: clock.TOO_OLD
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@transaction.atomic
def video_create(*, wish: VideoWish, title: str = "", recording: Recording | None = None) -> Video:
    """A video on its way, or finished at once where the same wish has been fulfilled before (it costs nothing then).

    `recording`: to be heard instead of a script. Raises Invalid, Conflict, QuotaExceeded.
    """
    wish = _complete(wish, recording)
    actor = current_actor()
    video_id = uuid7()
    video = Video(
        id=video_id,
        workspace_id=current_workspace_id(),
        title=title,
        wish=wish.as_json(),
        digest=wish.digest(),
        created_by_id=actor.user_id,
        api_key_id=actor.api_key_id,
        files_id=video_id,
    )
    if (same := _same(video.digest)) is not None:
        _copy(video, same)
    else:
        _begin(video, wish, recording)
    audit.record("video.created", subject=video.pk, avatar=wish.avatar, from_cache=video.from_cache)
    tell(video.pk)
    return video


def _complete(wish: VideoWish, recording: Recording | None) -> VideoWish:
    """The wish with what was left open; raises Invalid, Conflict."""
    info = avatar(wish.avatar)
    check(wish, recording is not None)
    if info.is_own:
        lock_avatar(UUID(info.id))  # whoever deletes it meanwhile must see this video
    wish = replace(wish, avatar=info.id, voice=voice(wish.voice).id if wish.voice else default_voice(info))
    if recording is not None:
        heard = replace(wish, audio=hashlib.sha256(recording.content).hexdigest(), script="")
        return heard if wish.transcript else replace(heard, voice="")
    return replace(wish, audio="")


def check(wish: VideoWish, has_recording: bool) -> None:
    """Raises Invalid where the wish contradicts itself or asks for too much."""
    if bool(wish.script.strip()) == has_recording:
        raise Invalid("Send either a script or a recording.", code="script_or_audio")
    if (characters := max(len(wish.script), len(wish.transcript))) > MOST_CHARACTERS:
        detail = f"The text has {characters} characters, the limit is {MOST_CHARACTERS}."
        raise Invalid(detail, code="text_too_long", hint="Make several videos.", limit=MOST_CHARACTERS)
    if wish.width * wish.height > MOST_PIXELS or wish.width % 2 or wish.height % 2:
        raise Invalid(f"Width and height must be even, with {MOST_PIXELS} pixels at most.", code="bad_size")
    if wish.alpha and wish.format != "webm":
        raise Invalid("Only WebM can be transparent.", code="alpha_needs_webm", hint='Ask for "format": "webm".')
    if wish.alpha and wish.background:
        raise Invalid("A transparent video has no background.", code="alpha_or_background")
    if has_recording and wish.captions != "none" and not wish.transcript.strip():
        hint = "Send what is said as `transcript`."
        raise Invalid("Captions need words, and a recording is not transcribed.", code="captions_need_script", hint=hint)
    if wish.transcript and not has_recording:
        raise Invalid("Only a recording has a transcript.", code="transcript_needs_audio")
    _check_background(wish.background)
    _check_cues(wish)


def _check_background(background: str) -> None:
    if not background or _COLOUR.fullmatch(background):
        return
    try:
        access_asset(UUID(background))
    except (ValueError, NotFound) as error:
        hint = 'Send a colour like "#f4f1ea", or the id of an asset.'
        raise Invalid("There is no such background.", code="unknown_background", hint=hint) from error


def _check_cues(wish: VideoWish) -> None:
    if len(wish.emotions) > MOST_CUES:
        raise Invalid(f"There may be {MOST_CUES} emotion cues at most.", code="too_many_cues")
    for cue in wish.emotions:
        if cue.name not in EMOTIONS:
            raise Invalid(f"There is no emotion {cue.name!r}.", code="unknown_emotion", hint=f"One of: {', '.join(EMOTIONS)}.")
        if (cue.at_ms is None) == (cue.at_text is None):
            raise Invalid("An emotion cue has either at_ms or at_text.", code="bad_cue")
        if cue.at_text is not None and cue.at_text >= max(1, len(wish.script)):
            raise Invalid("An emotion cue lies behind the script's end.", code="bad_cue")


def _same(digest: str) -> Video | None:
    """A finished video of the same wish whose file is there; its row is locked, so that the file stays until it is copied."""
    rows = Video.objects.select_for_update(no_key=True).filter(digest=digest, state=VideoState.FINISHED)
    same = rows.filter(files_id__in=with_file("video")).order_by("id").first()
    return same if same is not None and "video" in files_of(same.files_id) else None  # somebody may have deleted it just now


def _copy(video: Video, same: Video) -> None:
    video.state, video.from_cache, video.finished_at = VideoState.FINISHED, True, timezone.now()
    video.files_id, video.size = same.files_id, same.size
    video.frames, video.duration_ms = same.frames, same.duration_ms
    video.save(force_insert=True)


def _begin(video: Video, wish: VideoWish, recording: Recording | None) -> None:
    one_at_a_time("asking")  # so that nobody else counts the open ones meanwhile
    if Video.objects.filter(state__in=OPEN_STATES).count() >= AT_ONCE:
        detail = f"{AT_ONCE} videos are being made already."
        raise Conflict(detail, code="too_many_videos", hint="Wait for one of them, or cancel one.")
    if recording is None:
        _hold(video, wish, expected_ms(wish), 0)
    else:
        _hold(video, wish, recording.expected_ms + PAUSES_MS, len(recording.content))
    video.save(force_insert=True)
    if recording is not None:
        kept = {"content": recording.content, "media_type": recording.media_type}
        with writing() as write:
            write(owner_id=video.pk, purpose="audio", **kept).save(force_insert=True)
    send_next_on_commit()


def _hold(video: Video, wish: VideoWish, duration_ms: int, upload: int) -> None:
    """In the lock order of quotas: storage, render time, characters."""
    take_room(video, bytes_while_made(wish, duration_ms, upload), purpose="video")
    video.render_hold = _held(Metric.RENDER_MS, duration_ms, video.pk)
    if wish.characters:
        video.characters_hold = _held(Metric.TTS_CHARACTERS, wish.characters, video.pk)


def _held(metric: Metric, amount: int, video_id: UUID) -> UUID:
    key = f"video:{metric.value}:{video_id}"
    return reserve(metric=metric, amount=amount, purpose="video", subject_id=video_id, key=key, lease=HOLD_LEASE).id
