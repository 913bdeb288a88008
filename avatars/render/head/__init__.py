"""Heads in three dimensions, drawn on the server: GLB files to pictures, in torch or in OpenGL."""
