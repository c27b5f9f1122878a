"""Panics: what libraries in Rust do where others raise."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["panics_told"]


@contextmanager
def panics_told() -> Iterator[None]:
    """Raises RuntimeError for a panic, which is no Exception: no handler of errors would see it."""
    try:
        yield
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # each such library has a class of its own
            raise
        raise RuntimeError(str(error) or "panic") from error
