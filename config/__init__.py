"""Composition: settings, URLs, ASGI, worker, embedded servers."""
