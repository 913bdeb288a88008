"""A year of a thousand workspaces in minutes: driven through the real services, then recomputed without them."""
