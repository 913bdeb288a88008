"""REST about webhooks, below /api/v1/webhooks."""
