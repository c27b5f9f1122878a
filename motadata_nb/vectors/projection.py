"""Keeping a projection current with the catalog, across processes.

Writers hold a file lock for one batch at a time. What is written is marked in the catalog only after it is written,
so a process that is killed in between leaves a projection that is merely behind, and the next one catches it up:
writing a batch twice is harmless. Readers compare the marked position with the one they opened at, and open anew when
it has moved: at once when they come back after a pause, otherwise beside the view they are reading.
"""

from __future__ import annotations

import math
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from filelock import Timeout

from motadata_nb.catalog.catalog import Catalog
from motadata_nb.catalog.indexes import Position
from motadata_nb.catalog.space import is_full
from motadata_nb.errors import IndexGone, MotadataError
from motadata_nb.panics import panics_told
from motadata_nb.vectors.failures import failed, is_broken, is_lost
from motadata_nb.vectors.others import Others
from motadata_nb.vectors.reopening import Reopening
from motadata_nb.vectors.standing import Standing
from motadata_nb.vectors.target import Target

__all__ = ["Projection", "Target"]

BATCH = 256
"""Chunks written under one hold of the lock."""
_LAST = 2**62
"""Behind every chunk id: a cursor that has all of a transaction."""

R = TypeVar("R")
T = TypeVar("T", bound=Target)


class Projection(Generic[T]):
    """One projection of one index, opened when first needed. Its folder may be deleted: it is written again."""

    def __init__(
        self,
        catalog: Catalog,
        index_id: int,
        name: str,
        folder: Path,
        make: Callable[[Path], T],
        what: str = "",
        *,
        on_server: bool = False,
    ) -> None:
        """`make(folder)` opens the target; `what` is what a person calls it."""
        self._catalog = catalog
        self._index_id = index_id
        self.name = name
        self._what = what or f"the {name} index"
        self._standing = Standing(catalog, index_id, name, folder, on_server=on_server)
        self._open = make
        self._target: T | None = None
        self._opened = Position()
        self._cursor = (0, 0)
        self._mutex = threading.RLock()
        self._reopening = Reopening[T](self._make_warm)
        self._others = Others()
        self._emptied = False

    def behind(self) -> int:
        """How many transactions of the catalog the projection lacks; 0 when it is current."""
        with self._mutex:
            seq, position = self._look()
            return seq - position.seq

    def pending_chunks(self) -> int:
        """How many chunks were written after the projection's position."""
        with self._mutex:
            after = max(self._cursor, (self._look()[1].seq, _LAST))
            return self._catalog.documents.count_changed(self._index_id, after)

    def reading(self, use: Callable[[T], R]) -> R:
        """`use(target)` on a view that is at most a second old; calls come one at a time.

        Broken files are written anew, a lost connection is made anew; what fails again raises BackendError. IndexGone
        when the index was dropped meanwhile.
        """
        with self._mutex:
            try:
                return self._used(use)
            except Exception as error:
                self._recover(error)
            self.catch_up()
            try:
                return self._used(use)
            except Exception as error:
                raise self._failed(error) from error

    def _used(self, use: Callable[[T], R]) -> R:
        """`use(target)`; what turns out to be empty when it is opened is filled first."""
        with panics_told():
            target = self._view()
            if self._emptied:
                self.catch_up()
                target = self._view()
            return use(target)

    def catch_up(
        self, progress: Callable[[int], None] | None = None, *, wait_s: float = -1, patience_s: float = math.inf
    ) -> bool:
        """Apply all changes of the catalog. With `wait_s=0` leave it, and give False, when another process is at it.

        Also left after the batch in which `patience_s` end, when they are on a server and the workspace cannot be
        written, and with `wait_s=0` when the disk is full: what is there can be read. Raises BackendError, DiskFull,
        IndexGone.
        """
        self._emptied = False
        recovered, end = False, time.monotonic() + patience_s
        while self.behind() > 0:
            if not self._standing.may_be_written():
                return False
            # A look at the mark costs more than the memory of a lock.
            if wait_s == 0 and (self._others.were_seen() or self._others_have_moved()):
                return False
            try:
                with panics_told(), self._mutex, self._standing.lock(wait_s):
                    written = self._one_batch()
            except Timeout:
                self._others.hold_the_lock()
                return False
            except Exception as error:
                # An error keeps the frames that it came through, and a notebook the error: a writer in them, with its
                # lock, would stay for ever.
                traceback.clear_frames(error.__traceback__)
                if is_full(error):
                    self.close()
                    if wait_s == 0:
                        return False
                if recovered:
                    raise self._failed(error) from error
                self._recover(error)
                recovered = True
                continue
            if progress is not None and written:
                progress(written)
            if time.monotonic() > end and (self._target is None or self._target.durable):
                return self.behind() == 0
        return True

    def rebuild(self) -> None:
        """Throw the projection away; the next catch-up writes it anew. Raises BackendError for a silent server."""
        with self._mutex, self._standing.lock():
            try:
                self._exact(self._look()[1]).wipe()
            except Exception as error:
                raise self._failed(error) from error
            self._throw_away()

    def _throw_away(self) -> None:
        with self._mutex, self._standing.lock():
            self.close()
            self._opened = self._standing.clear()

    def exclusively(self, use: Callable[[Path], None]) -> None:
        """`use(folder)` while the projection is closed here and nobody writes to it."""
        with self._mutex, self._standing.lock():
            self.close()
            use(self._standing.folder)

    def is_elsewhere(self) -> bool:
        """Whether what was written is not in the folder but on a server."""
        folder = self._standing.folder
        return folder.exists() and not any(folder.iterdir())

    @property
    def is_copy(self) -> bool:
        """Whether it is this process's own, because the workspace cannot be written."""
        return self._standing.is_copy

    def close(self) -> None:
        """Release files and connections."""
        with self._mutex:
            self._reopening.drop()
            if self._target is not None:
                self._target.close()
            self._target, self._cursor = None, (0, 0)

    def _look(self) -> tuple[int, Position]:
        """The catalog's newest sequence number, and how far this projection is."""
        seq, position = self._standing.look()
        return seq, position if self._target is None or self._target.durable else self._opened

    def _others_have_moved(self) -> bool:
        return self._others.have_moved(self._look()[1].writes, self._opened.writes)

    def _mark(self, position: Position) -> None:
        self._opened = position
        if self._target is None or self._target.durable:
            self._standing.mark(position)

    def _view(self) -> T:
        """A target to read from. While reads go on, one that others have written to is opened anew beside them."""
        position = self._look()[1]
        ready = self._reopening.take()
        if ready is not None and self._target is not None and ready[1].writes > self._opened.writes:
            self._target.close()
            self._target, self._opened = ready
        elif ready is not None:
            ready[0].close()
        if position == self._opened or self._target is None or self._target.sees_other_writers:
            self._reopening.current()
        elif position.epoch == self._opened.epoch and self._reopening.may_lag():
            self._reopening.start(position)
            return self._target
        return self._exact(position)

    def _exact(self, position: Position) -> T:
        """A target that has all that is marked."""
        if self._target is not None and position != self._opened:
            if position.epoch != self._opened.epoch or not self._target.sees_other_writers:
                self.close()
            self._opened = position
        if self._target is None:
            position = self._footing(position)
            try:
                self._target = self._make()
            except Exception as error:
                if not is_broken(error) or is_lost(error):
                    raise
                position = self._start_over(error)
                self._target = self._make()
            if self._is_hollow(self._target, position):
                position = self._begin_anew()
                self._target = self._make()
            self._opened = position if self._target.durable else Position(0, position.epoch)
            self._reopening.current()
        return self._target

    def _recover(self, error: Exception) -> None:
        """Files that cannot be read are thrown away, a lost connection is made anew; all other errors go on."""
        if not isinstance(error, MotadataError) and not self._catalog.indexes.exists(self._index_id):
            self.close()
            raise IndexGone("The index was dropped or replaced meanwhile.", "Run the cell again.") from error
        if not is_broken(error):
            raise self._failed(error)
        if self.is_elsewhere() or is_lost(error):
            self.close()
        else:
            self._start_over(error)

    def _failed(self, error: Exception) -> Exception:
        """What is told of an error that came again. The next call begins with a new target."""
        if is_broken(error):
            self.close()
        return failed(error, self._what, on_server=self.is_elsewhere())

    def _start_over(self, error: Exception) -> Position:
        """What cannot be read is thrown away: the catalog has everything that was in it."""
        if not any(self._standing.folder.iterdir()):
            raise self._failed(error) from error
        return self._begin_anew()

    def _begin_anew(self) -> Position:
        self._throw_away()
        self._emptied = True
        return self._footing(self._opened)

    def _is_hollow(self, target: T, position: Position) -> bool:
        """Whether what is marked as written is not there: a server was emptied, or files were lost."""
        if not target.durable or not position.seq or not self._standing.may_be_written():
            return False
        return target.is_empty() and self._catalog.indexes.counts(self._index_id)[1] > 0

    def _footing(self, position: Position) -> Position:
        """Files that can be opened, whatever they hold; gives how far they are."""
        copied, writable = self._standing.is_copy, self._standing.may_be_written()
        if writable:
            self._standing.folder.mkdir(parents=True, exist_ok=True)
        return self._look()[1] if self._standing.is_copy and not copied else position

    def _make(self) -> T:
        return self._open(self._standing.folder)

    def _make_warm(self) -> T:
        target = self._make()
        target.warm()
        return target

    def _one_batch(self) -> int:
        """Apply some changed chunks under the lock; the mark moves only past numbers that are wholly applied."""
        newest, position = self._look()
        target = self._exact(position)
        start = self._opened
        # Within one large transaction the cursor remembers the place; the mark cannot.
        self._cursor = max(self._cursor, (start.seq, _LAST))
        rows = self._catalog.documents.changed(self._index_id, self._cursor, BATCH)
        reached = newest if len(rows) < BATCH else rows[-1].seq - 1
        if rows:
            target.put(rows)
            self._cursor = (rows[-1].seq, rows[-1].id)
        gone = self._catalog.documents.buried(self._index_id, start.seq, reached)
        if gone:
            target.drop(gone)
        self._mark(Position(max(start.seq, reached), start.epoch, start.writes + 1))
        return len(rows)
