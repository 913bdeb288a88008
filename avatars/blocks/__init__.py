"""Building blocks for those who bring the rest themselves: speech and lips without a session, each call metered."""
