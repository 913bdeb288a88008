"""Photograph the cast: drives three.js in headless Chromium for portraits and contact sheets."""
