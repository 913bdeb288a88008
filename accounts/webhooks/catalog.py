"""The kinds of events that an endpoint can ask for, by name or by pattern."""

from __future__ import annotations

from collections.abc import Iterable

from accounts.errors import Invalid

TEST_EVENT = "webhook.test"
EVERYTHING = "*"

# docs/webhooks.md shows the data of each.
EVENT_TYPES: dict[str, str] = {
    "session.created": "A session was made and waits for its viewer",
    "session.live": "The viewer has connected",
    "session.ended": "A session is over, with the reason and the time used",
    "turn.created": "The avatar was asked to say something",
    "turn.finished": "The avatar has said it, or as much as was heard",
    "turn.interrupted": "What the avatar was saying was stopped",
    "avatar.ready": "An avatar of your own can be used",
    "avatar.refused": "An upload can't become an avatar, with the reason's code",
    "video.finished": "A video is ready to be watched",
    "video.failed": "A video could not be made, with the reason",
    "quota.threshold": "A threshold of a limit or of the spend cap is reached",
    "quota.exhausted": "Nothing is left of a limit",
    "invoice.issued": "An invoice has its number",
    "invoice.paid": "An invoice is paid",
    "invoice.void": "An invoice is void",
    "payment.failed": "A payment could not be made",
    TEST_EVENT: "Sent by the test button",
}


def patterns() -> list[str]:
    """Everything that an endpoint may name: all, whole families, single types."""
    families = sorted({f"{name.partition('.')[0]}.*" for name in EVENT_TYPES})
    return [EVERYTHING, *families, *EVENT_TYPES]


def covers(wanted: Iterable[str], event_type: str) -> bool:
    """Whether a list of patterns includes this type."""
    return not {EVERYTHING, f"{event_type.partition('.')[0]}.*", event_type}.isdisjoint(wanted)


def clean_event_types(wanted: Iterable[str]) -> list[str]:
    """Known patterns, sorted, none twice; raises Invalid for an unknown one or none at all."""
    chosen = sorted(set(wanted))
    if unknown := set(chosen) - set(patterns()):
        detail = f"There are no events {', '.join(sorted(unknown))}."
        raise Invalid(detail, code="unknown_event_type", allowed=patterns())
    if not chosen:
        raise Invalid("Name at least one type of event, or * for all.", code="no_event_types")
    return [EVERYTHING] if EVERYTHING in chosen else chosen
