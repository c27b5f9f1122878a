"""Detectors of what an answer says without support."""
