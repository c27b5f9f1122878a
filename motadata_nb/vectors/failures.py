"""What an error of a projection's target says, and what is told of it."""

from __future__ import annotations

import re

from sqlalchemy.exc import SQLAlchemyError

from motadata_nb.catalog.space import disk_full, is_full
from motadata_nb.errors import BackendError, MotadataError

__all__ = ["failed", "is_broken", "is_lost"]

_LOCK = re.compile(r"(?<![bc])lock", re.IGNORECASE)
"""A lock that somebody holds, in the words of any library; no block that is damaged."""
_ELSEWHERE = (
    MotadataError, SQLAlchemyError, ImportError, OSError, MemoryError, TypeError, AttributeError, LookupError,
)  # fmt: skip


def is_broken(error: Exception) -> bool:
    """Whether files cannot be read, or a connection is lost.

    An error of ours, of the catalog or the system, a lock and a full disk say nothing about the files.
    """
    if is_full(error) or _LOCK.search(str(error)):
        return False
    return is_lost(error) or not isinstance(error, _ELSEWHERE)


def is_lost(error: Exception) -> bool:
    """Whether a connection is: clients of servers raise these, or an OSError of their own that has no number."""
    return isinstance(error, OSError) and (isinstance(error, ConnectionError | TimeoutError) or error.errno is None)


def failed(error: Exception, what: str, *, on_server: bool) -> Exception:
    """What is told of an error; `what` is what a person calls the projection."""
    if is_full(error):
        return disk_full()
    if not is_broken(error):
        return error
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    hint = "Is the server running? Meanwhile --mode keyword finds words; %rag move puts the vectors elsewhere."
    return BackendError(
        f"{what[:1].upper()}{what[1:]} failed: {reason}", hint if on_server else "Type: %motadata doctor"
    )
