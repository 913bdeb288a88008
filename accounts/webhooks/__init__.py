"""Webhooks: what happens in a workspace, told to its own servers as signed HTTP requests (docs/webhooks.md)."""
