"""Writes: each is one keyword-only function, one transaction, one audit entry. `by` is who asks, and is checked here."""
