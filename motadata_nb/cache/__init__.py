"""Kept values: in memory, on disk, with tags; and one call where many ask the same."""
