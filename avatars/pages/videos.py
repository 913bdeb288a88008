"""Pages of videos: the gallery and each video's own page, which follow what is being made, and the form for a new one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.errors import NotFound, Problem
from accounts.pages import PageRequest, workspace_page
from avatars.pages.video_form import VideoForm
from avatars.selectors import avatars_available
from avatars.videos.disclosure import is_default
from avatars.videos.models import Video, VideoState
from avatars.videos.overview import shapes
from avatars.videos.selectors import access_video, all_videos
from avatars.videos.services import video_cancel, video_create, video_delete
from avatars.videos.wish import VideoWish

PAGE = 24
_STAGES = {
    VideoState.QUEUED: "Waiting for a worker",
    VideoState.PREPARING: "Speaking the script",
    VideoState.RENDERING: "Drawing the pictures",
    VideoState.FINISHING: "Joining pictures and sound",
}


@workspace_page("sessions:read")
@require_GET
def videos(request: PageRequest) -> HttpResponse:
    """The gallery, newest first; `?page=` counts from 1."""
    number = request.GET.get("page", "1")
    page = max(1, int(number)) if number.isdecimal() and len(number) < 6 else 1
    rows = list(all_videos()[(page - 1) * PAGE : page * PAGE + 1])
    context = {
        "cards": _cards(rows[:PAGE]),
        "newer": page - 1,
        "older": page + 1 if len(rows) > PAGE else 0,
        "can_make": request.access.allows("sessions:write"),
    }
    return render(request, "videos/page.html", context)


@workspace_page("sessions:read")
@require_GET
def video_card(request: PageRequest, video_id: UUID) -> HttpResponse:
    """One card as it is now; it asks for itself while its video is being made, and goes when the video is gone."""
    try:
        video = access_video(video_id)
    except NotFound:
        if not _is_part(request):
            raise
        return HttpResponse()
    return render(request, "videos/card.html", _shown(request, video))


@workspace_page("sessions:read")
@require_GET
def video_detail(request: PageRequest, video_id: UUID) -> HttpResponse:
    """One video with all that is known of it; for htmx the part that changes, or the way back when the video is gone."""
    try:
        video = access_video(video_id)
    except NotFound:
        if not _is_part(request):
            raise
        return HttpResponse(headers={"HX-Redirect": reverse("videos")})
    return render(request, "videos/record.html" if _is_part(request) else "videos/detail.html", _shown(request, video))


@workspace_page("sessions:write")
@require_POST
def video_again(request: PageRequest, video_id: UUID) -> HttpResponse:
    """Ask once more for what could not be made, or was cancelled."""
    video = access_video(video_id)
    again = video_create(wish=VideoWish.of(video.wish), title=video.title)
    messages.success(request, "The video is on its way once more.")
    return redirect("video_detail", again.pk)


@workspace_page("sessions:write")
@require_http_methods(["GET", "POST"])
def video_new(request: PageRequest) -> HttpResponse:
    """Ask for a video; what can't be made is said at the form."""
    form = VideoForm(request.POST or None, initial={"disclosure": is_default(), "avatar": request.GET.get("avatar", "")})
    if request.method == "POST" and form.is_valid() and _asked(form):
        messages.success(request, "The video is on its way. Stay here, or come back later.")
        return redirect("videos")
    return render(request, "videos/new.html", {"form": form}, status=422 if form.errors else 200)


@workspace_page("sessions:write")
@require_POST
def video_stop(request: PageRequest, video_id: UUID) -> HttpResponse:
    """Cancel one that is being made; one that was over before stays as it is."""
    if video_cancel(video_id=video_id).state == VideoState.CANCELLED:
        messages.success(request, "The video is cancelled.")
    else:
        messages.info(request, "The video was over already; it stays as it is.")
    return redirect("videos")


@workspace_page("sessions:write")
@require_POST
def video_remove(request: PageRequest, video_id: UUID) -> HttpResponse:
    """Delete one with its files."""
    video_delete(video_id=video_id)
    messages.success(request, "The video is deleted.")
    return redirect("videos")


def _is_part(request: PageRequest) -> bool:
    """Whether a page that is there already asks."""
    return "HX-Request" in request.headers


def _shown(request: PageRequest, video: Video) -> dict[str, Any]:
    return {"card": _cards([video])[0], "can_make": request.access.allows("sessions:write")}


def _asked(form: VideoForm) -> bool:
    """Whether the video could be asked for; a Problem becomes the form's error."""
    try:
        video_create(wish=form.wish(), title=form.cleaned_data["title"])
    except Problem as problem:
        form.add_error(None, f"{problem.detail} {problem.hint}".strip())
        return False
    return True


def _cards(rows: list[Video]) -> list[dict[str, Any]]:
    cast = {info.id: info for info in avatars_available()}
    return [_card(row, shape, cast) for row, shape in zip(rows, shapes(rows), strict=True)]


def _card(row: Video, shape: dict[str, Any], cast: dict[str, Any]) -> dict[str, Any]:
    info = cast.get(shape["avatar"])
    title = row.title or shape["script"][:60] or "A recording"
    return {
        "video": row,
        "shape": shape,
        "title": title,
        "file_name": f"{slugify(title)[:60] or 'video'}.{shape['format']}",
        "avatar_name": info.name if info else "A deleted avatar",
        "portrait_url": info.portrait_url if info else "",
        "stage": _STAGES.get(VideoState(row.state), ""),
        "can_repeat": row.state in (VideoState.FAILED, VideoState.CANCELLED) and bool(row.wish["script"]),
    }
