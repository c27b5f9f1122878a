"""Which errors of a library say that its files are broken, so that they are written again from the catalog."""

from __future__ import annotations

import errno
from urllib.error import URLError

import pytest
from sqlalchemy.exc import IntegrityError

from motadata_nb.errors import MissingExtra
from motadata_nb.vectors.failures import is_broken


@pytest.mark.parametrize(
    ("error", "broken"),
    [
        (RuntimeError("Corrupt database file: wrong checksum in block at location 3420160"), True),
        (ValueError("Data corrupted"), True),
        (RuntimeError("database is locked"), False),
        (ValueError("Failed to acquire Lockfile: LockBusy."), False),
        (RuntimeError("Could not set lock on file"), False),
        (RuntimeError("No space left on device"), False),
        (OSError(errno.EACCES, "Permission denied"), False),
        (IntegrityError("INSERT", {}, ValueError("UNIQUE constraint failed: embeddings.hash")), False),
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), True),
        (URLError("no route to host"), True),
        (TimeoutError("The lock of the index could not be acquired."), False),
        (MissingExtra("The backend", "lancedb"), False),
    ],
)
def test_damaged_files_are_told_from_locks_full_disks_and_errors_of_ours(error: Exception, broken: bool) -> None:
    assert is_broken(error) is broken
