"""Avatars that are deleted: told inside of the transaction and the workspace's scope, so that those who show them, in rooms
that this one does not know, can stop once it has committed."""

from django.dispatch import Signal

deleted = Signal()  # avatar_id
