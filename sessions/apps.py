"""What happens when: live sessions, turns, events, the session clock."""

from django.apps import AppConfig


class SessionsConfig(AppConfig):
    name = "sessions"
    label = "avatar_sessions"  # django.contrib.sessions owns the label `sessions`

    def ready(self) -> None:
        from sessions import departures, webhooks  # noqa: F401  (they listen)
