"""A disk that is full, by whatever library it is noticed."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from motadata_nb.errors import DiskFull

__all__ = ["disk_full", "full_disk_told", "is_full"]

_NUMBERS = (errno.ENOSPC, errno.EDQUOT)
# As SQLite, Rust libraries, DuckDB and Windows say it.
_WORDS = ("disk is full", "no space left on device", "disk quota exceeded", "not enough space on the disk")


def is_full(error: BaseException) -> bool:
    """Whether an error says that nothing more can be written."""
    if isinstance(error, DiskFull):
        return True
    said = str(error).lower()
    return (isinstance(error, OSError) and error.errno in _NUMBERS) or any(words in said for words in _WORDS)


def disk_full() -> DiskFull:
    """What is told of it."""
    return DiskFull("The disk is full.", "Make room on it, then run the cell again: what was done is kept.")


@contextmanager
def full_disk_told() -> Iterator[None]:
    """Raises DiskFull for any error that says so."""
    try:
        yield
    except Exception as error:
        if isinstance(error, DiskFull) or not is_full(error):
            raise
        raise disk_full() from error
