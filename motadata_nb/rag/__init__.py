"""Retrieval and answers with checkable citations."""
