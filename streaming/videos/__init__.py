"""How far videos are, told over a websocket while they are made (docs/protocol.md)."""
