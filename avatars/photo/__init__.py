"""A face from one photo: found, measured, made ready to move, drawn."""
