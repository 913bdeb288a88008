"""Finished videos of an avatar that speaks: asked for, rendered in segments by workers, joined, kept (docs/videos.md)."""
