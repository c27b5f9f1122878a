"""One reader's p50 alone and beside four writers, in rounds that take turns.

    python -m tests.benchmarks.beside_writers --backend chroma

Each process has a session of its own, as Jupyter starts kernels; on Linux without control groups a session is what the
scheduler is fair to. `--one-session` is the harder case, as in many containers: only priorities tell them apart there.

Reader and writers are processes of their own on one workspace, all started and warm before anything is timed. The
reader asks through `index.retrieve` with the bundled embedder, real questions, none twice; the writers ingest real
passages one small table after the other. A round is: alone, beside, alone; its figure is the time beside over the mean
of the two alone, so that the growth of the index and the drift of the machine are on both sides. The figure is the
median of the rounds; their least and most say how far to trust it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, cycle, islice
from typing import Any

import numpy as np

import motadata_nb
from motadata_nb.workspace import Workspace
from tests.benchmarks.many_chunks import COLLECTIONS, questions, texts

WRITERS = 4
ROUNDS = 10
SEEDED = 600
ALONE_S = 2.0
BESIDE_S = 4.0
_LEAD_S = 0.5
"""Writers begin so long before the reader is timed."""
_TABLE = 40
"""Documents that a writer ingests at once."""
_PAUSE_S = 0.01


@dataclass(frozen=True, kw_only=True)
class Beside:
    """What the rounds have shown."""

    alone: list[list[float]]
    """Milliseconds of each answer, by round: one more than beside."""
    beside: list[list[float]]
    written: int
    """Documents that were written while the reader was timed, and the moment before."""
    visible_s: float
    """Until the reader found the last document of each writer."""

    @property
    def figure(self) -> float:
        """p50 beside over p50 alone."""
        return _p50(self.beside) / _p50(self.alone)

    def __str__(self) -> str:
        around = [self.alone[at : at + 2] for at in range(len(self.beside))]
        ratios = [_p50([times]) / _p50(alone) for times, alone in zip(self.beside, around, strict=True)]
        spread = f"{min(ratios):.2f} to {max(ratios):.2f} in {len(ratios)} rounds"
        p50s = f"p50 {_p50(self.alone):.1f} ms alone, {_p50(self.beside):.1f} ms beside {self.written} written"
        return f"{spread}, {p50s}"


def _p50(rounds: Sequence[Sequence[float]]) -> float:
    return statistics.median(chain.from_iterable(rounds))


def measured(backend: str, rounds: int = ROUNDS, *, one_session: bool = False) -> Beside:
    """Start all processes on a new workspace, and take turns."""
    with tempfile.TemporaryDirectory() as scratch, contextlib.ExitStack() as ended:
        with motadata_nb.open(scratch, backend=backend) as workspace:
            _ingest(workspace, "seed", 0, _passages(SEEDED))

        def started(*what: object) -> _Told:
            return ended.enter_context(_Told(*what, apart=not one_session))

        reader = started("reader", scratch, backend)
        writers = [started("writer", scratch, backend, n) for n in range(WRITERS)]
        for process in (reader, *writers):
            process.answer()
        alone, beside, written = [reader.ask(ALONE_S)], list[list[float]](), 0
        for _ in range(rounds):
            for writer in writers:
                writer.say(_LEAD_S + BESIDE_S)
            time.sleep(_LEAD_S)
            beside.append(reader.ask(BESIDE_S))
            written += sum(writer.answer() for writer in writers)
            alone.append(reader.ask(ALONE_S))
        for writer in writers:
            writer.say("last")
        assert all([writer.answer() for writer in writers])
        visible_s = reader.ask(*map(_title, range(WRITERS)))
    return Beside(alone=alone, beside=beside, written=written, visible_s=visible_s)


class _Told:
    """A process of this module that is told what to do, a line of JSON each, and answers so."""

    def __init__(self, *role: object, apart: bool) -> None:
        command = [sys.executable, "-m", "tests.benchmarks.beside_writers", "--as", *map(str, role)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=apart
        )

    def __enter__(self) -> _Told:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def say(self, *what: object) -> None:
        assert self._process.stdin is not None
        print(json.dumps(what), file=self._process.stdin, flush=True)

    def answer(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def ask(self, *what: object) -> Any:
        self.say(*what)
        return self.answer()


def _orders() -> Iterator[list[Any]]:
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        yield json.loads(line)


def _reader(home: str, backend: str) -> None:
    """Told seconds, answers the ms of each question of so long a time; told titles, the seconds until all are found."""
    with motadata_nb.open(home, backend=backend) as workspace:
        index = workspace.index("many")
        asked = cycle(np.random.default_rng(7).permutation(questions(2000)).tolist())
        for question in islice(asked, 50):
            index.retrieve(question)
        for told in _orders():
            if isinstance(told[0], str):
                print(json.dumps(_until_found(index, told)), flush=True)
                continue
            index.retrieve(next(asked))
            print(json.dumps(_times(index, asked, *told)), flush=True)


def _times(index: Any, asked: Iterator[str], seconds: float) -> list[float]:
    times, end = list[float](), time.monotonic() + seconds
    while time.monotonic() < end:
        question = next(asked)
        started = time.perf_counter()
        index.retrieve(question)
        times.append((time.perf_counter() - started) * 1e3)
        time.sleep(_PAUSE_S)
    return times


def _until_found(index: Any, titles: Sequence[str]) -> float:
    started = time.monotonic()
    while not all(index.retrieve(t, mode="vector", k=1).hits[0].title == t for t in titles):
        if time.monotonic() > started + 30:
            raise TimeoutError(f"not found: {titles}")
    return time.monotonic() - started


def _writer(home: str, backend: str, number: str) -> None:
    """Told seconds, ingests so long and answers how many documents; told `last`, one that is looked for."""
    rows = cycle(_passages(8000)[int(number) :: WRITERS])
    with motadata_nb.open(home, backend=backend) as workspace:
        table = 0
        _ingest(workspace, f"warm {number}", 0, list(islice(rows, 2)))
        for (told,) in _orders():
            if told == "last":
                _ingest(workspace, number, 0, ["The last one."], title=_title(int(number)))
                print(json.dumps(1), flush=True)
                continue
            end, before = time.monotonic() + told, table
            while time.monotonic() < end:
                table += 1
                _ingest(workspace, number, table, list(islice(rows, _TABLE)))
            print(json.dumps((table - before) * _TABLE), flush=True)


def _title(number: int) -> str:
    return f"The last report of the {('red', 'green', 'blue', 'yellow')[number]} ship"


def _ingest(workspace: Workspace, who: str, table: int, rows: Sequence[str], title: str = "") -> None:
    import pandas as pd

    keys = [f"{who}-{title or table}-{row}" for row in range(len(rows))]
    workspace.ingest(pd.DataFrame({"id": keys, "text": rows, "title": title}), into="many")


def _passages(count: int) -> list[str]:
    return [text for name in COLLECTIONS for text in texts(name, count // len(COLLECTIONS))]


def main() -> None:
    """Be one of the processes, or start them."""
    if sys.argv[1:2] == ["--as"]:
        return {"reader": _reader, "writer": _writer}[sys.argv[2]](*sys.argv[3:])
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--backend", default="chroma")
    options.add_argument("--rounds", type=int, default=ROUNDS)
    options.add_argument("--one-session", action="store_true")
    chosen = options.parse_args()
    found = measured(chosen.backend, chosen.rounds, one_session=chosen.one_session)
    print(f"{found.figure:.3f} × alone: {found}; visible after {found.visible_s:.2f} s")


if __name__ == "__main__":
    main()
