"""Pictures over the websocket for clients that can't draw: made by workers of their own, never in the way of the sound."""
