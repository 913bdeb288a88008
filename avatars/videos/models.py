"""Videos and the segments in which they are rendered."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from accounts.models import ApiKey, User
from accounts.tenancy import TenantModel
from avatars.models import Keeper


class VideoState(models.TextChoices):
    """queued → preparing → rendering → finishing → finished; failed and cancelled are ends of their own."""

    QUEUED = "queued"
    PREPARING = "preparing"
    RENDERING = "rendering"
    FINISHING = "finishing"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN_STATES = (VideoState.QUEUED, VideoState.PREPARING, VideoState.RENDERING, VideoState.FINISHING)


class Video(Keeper):
    """A video that was asked for. `wish` is a VideoWish; its files belong to `files_id`: its own id, or that of the video
    with the same digest that it was copied from.

    Whoever prepares or finishes it holds `lease` until `leased_until`; without a lease that is when somebody is woken again.
    """

    title = models.CharField(max_length=120, blank=True)
    wish = models.JSONField()
    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=VideoState, default=VideoState.QUEUED)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    api_key = models.ForeignKey(ApiKey, on_delete=models.SET_NULL, null=True, related_name="+")
    files_id = models.UUIDField()
    frames = models.PositiveIntegerField(default=0)
    duration_ms = models.PositiveIntegerField(default=0)
    size = models.BigIntegerField(default=0)  # bytes of the finished files
    from_cache = models.BooleanField(default=False)
    render_hold = models.UUIDField(null=True)
    characters_hold = models.UUIDField(null=True)
    lease = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=60, blank=True)
    error_detail = models.CharField(max_length=300, blank=True)
    rendering_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta(Keeper.Meta):
        abstract = False
        indexes = [
            models.Index(fields=["workspace", "-created_at"], name="video_recent"),
            models.Index(fields=["workspace", "digest"], name="video_same", condition=Q(state=VideoState.FINISHED.value)),
            models.Index(fields=["leased_until"], name="video_open", condition=Q(state__in=[s.value for s in OPEN_STATES])),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[s.value for s in OPEN_STATES]) | Q(finished_at__isnull=False), name="video_over_has_time"
            )
        ]

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES


class SegmentState(models.TextChoices):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"


class VideoSegment(TenantModel):
    """Frames [first, after) of a video, encoded by themselves; `drawn` of them are by now. Its lease is like a video's;
    without `leased_until` it has not been sent to a worker yet."""

    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="+")
    number = models.PositiveIntegerField()
    first = models.PositiveIntegerField()
    after = models.PositiveIntegerField()
    drawn = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=8, choices=SegmentState, default=SegmentState.WAITING)
    lease = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "video", "number"], name="segment_once"),
            models.CheckConstraint(condition=Q(after__gt=F("first")), name="segment_not_empty"),
        ]
        indexes = [
            models.Index(fields=["leased_until"], name="segment_open", condition=~Q(state=SegmentState.DONE.value)),
        ]
