"""Face tracks to pictures: renderers, which one to take, and what to do when it fails."""
