"""Pages about webhooks, below /developers/webhooks/."""
