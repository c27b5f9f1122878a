"""Embedding models: the bundled one, and others by plug-in."""
