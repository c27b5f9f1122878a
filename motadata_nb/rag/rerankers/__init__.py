"""Rerankers: a second, more careful look at the best passages."""
