"""Recorded calls: a notebook that was recorded once runs without a key, in CI or on a train.

A cassette is a text file of JSON lines. Each call is a line of what was asked, a line for each piece that came, and a
line that ends it; there is no time or address in it, so two recordings differ only where the calls do.

    {"call": 1, "kind": "chat", "model": "openai/gpt-5-mini", "messages": [{"role": "user", "content": "Hi"}]}
    {"call": 1, "text": "Hel"}
    {"call": 1, "text": "lo"}
    {"call": 1, "finish_reason": "stop", "usage": {"input_tokens": 1, "output_tokens": 1, "cached_tokens": 0}}
"""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from motadata_nb.cards import Card, counted
from motadata_nb.errors import CassetteMiss, GatewayError, InvalidInput, UnknownName
from motadata_nb.gateway.base import Delta, Usage
from motadata_nb.gateway.calls import Call, Next
from motadata_nb.gateway.cassette_lines import (
    RECORD,
    Recorded,
    asked_of,
    delta_of,
    difference,
    embedded_of,
    error_line,
    error_of,
    key_of,
    line_of,
    pretty,
    read,
    secrets_of,
)
from motadata_nb.results import Result
from motadata_nb.telemetry.redaction import scrub_value

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["CassetteStatus", "MODES", "Player", "Recorder", "put_in"]

MODES = ("record", "replay", "off")


@dataclass(frozen=True, kw_only=True)
class CassetteStatus(Result):
    """What the cassette does."""

    mode: str
    """record, replay or off."""
    path: Path | None = None
    calls: int = 0
    """Calls recorded or replayed since it was put in."""
    recorded: int = 0
    """Calls on the cassette."""

    def _card(self) -> Card:
        if self.mode == "off":
            taken_out = (f"{self.path.name} with {counted(self.recorded, 'call')} is taken out",) if self.path else ()
            return Card(status=("no cassette", "calls go to their models", *taken_out))
        done = "recorded" if self.mode == "record" else "replayed"
        kept = f"{self.recorded:,} on the cassette"
        return Card(status=(f"{self.mode} {self.path}", f"{counted(self.calls, 'call')} {done}", kept))


def put_in(mode: str, path: str | Path | None) -> Recorder | Player | None:
    """The cassette of a mode; None for `off`. Raises UnknownName, or InvalidInput without a file."""
    if mode not in MODES:
        raise UnknownName("cassette mode", mode, MODES, example="%cassette {}")
    if mode == "off":
        return None
    if path is None:
        raise InvalidInput(f"Which file should {mode}?", f"Try: %cassette {mode} calls.jsonl")
    return Recorder(Path(path)) if mode == "record" else Player(Path(path))


class Recorder:
    """Writes every call. The file is begun anew with the first of them, so that an idle recorder destroys nothing."""

    def __init__(self, path: Path) -> None:
        from filelock import FileLock

        self.path = path
        self._own = FileLock(path.with_name(f".{path.name}.lock"), timeout=0)
        self._take()
        self._lock = Lock()
        self._begun = 0
        self._written = 0
        self._next = 1
        self._finished: dict[int, list[dict[str, Any]]] = {}

    def status(self) -> CassetteStatus:
        """What was recorded."""
        return CassetteStatus(mode="record", path=self.path, calls=self._written, recorded=self._written)

    def _take(self) -> None:
        """Make the file this recorder's own: two that write would mix their calls."""
        from filelock import Timeout

        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._own.acquire()
        except Timeout:
            raise InvalidInput(
                f"Another session records to {self.path}.", "Give this one a file of its own: %cassette record FILE"
            ) from None
        except OSError as error:
            raise _unwritable(self.path, error) from None

    async def stream(self, call: Call, inner: Next) -> AsyncGenerator[Delta]:
        """Pass the call on and keep what comes."""
        secrets = secrets_of(call)
        with self._recorded(asked_of(call)) as lines:
            async with aclosing(inner(call)) as deltas:
                async for delta in deltas:
                    lines.append(scrub_value(line_of(delta), secrets))
                    yield delta

    async def embed(
        self, texts: Sequence[str], call: Call, inner: Callable[[], Any]
    ) -> tuple[NDArray[np.float32], Usage]:
        """Pass the call on and keep the vectors."""
        with self._recorded(embedded_of(texts, call)) as lines:
            vectors, usage = await inner()
            packed = base64.b64encode(vectors.astype("<f4").tobytes()).decode()
            lines.append({"shape": list(vectors.shape), "float32": packed, "usage": asdict(usage)})
            return vectors, usage

    @contextmanager
    def _recorded(self, asked: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
        """The lines of one call, begun with what is asked; they are written when it ends, also by an error."""
        number, lines = self._begin(), [asked]
        try:
            yield lines
        except GatewayError as error:
            lines.append({"error": error_line(error)})
            raise
        except BaseException:
            lines.clear()  # What was left in the middle cannot be replayed as if it were whole.
            raise
        finally:
            self._end(number, lines)

    def _begin(self) -> int:
        with self._lock:
            self._begun += 1
            return self._begun

    def _end(self, number: int, lines: list[dict[str, Any]]) -> None:
        """Write the call once all that began before it are written, so that the order is that of the asking."""
        with self._lock:
            self._finished[number] = lines
            while self._next in self._finished:
                self._write(self._finished.pop(self._next))
                self._next += 1

    def close(self) -> None:
        """Write what still waits for a call that never ended."""
        with self._lock:
            try:
                for number in sorted(self._finished):
                    self._write(self._finished.pop(number))
            finally:
                self._own.release()
                with suppress(OSError):
                    Path(self._own.lock_file).unlink()

    def _write(self, lines: list[dict[str, Any]]) -> None:
        if not lines:
            return
        number = self._written + 1
        text = "".join(json.dumps({"call": number, **line}, ensure_ascii=False) + "\n" for line in lines)
        try:
            with self.path.open("a" if self._written else "w", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            raise _unwritable(self.path, error) from None
        self._written = number


def _unwritable(path: Path, error: OSError) -> InvalidInput:
    return InvalidInput(f"The cassette {path} cannot be written: {error.strerror}", "Try: %cassette record FILE")


class Player:
    """Answers from a file and calls nothing. The same request twice is answered in order; the last answer stays."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = Lock()
        self._calls = read(path)
        self._by_key: dict[str, list[Recorded]] = {}
        for call in self._calls:
            self._by_key.setdefault(key_of(call.asked), []).append(call)
        self._used: dict[str, int] = {}
        self._played = 0

    def close(self) -> None:
        """Nothing is open."""

    def status(self) -> CassetteStatus:
        """What was replayed."""
        return CassetteStatus(mode="replay", path=self.path, calls=self._played, recorded=len(self._calls))

    async def stream(self, call: Call, inner: Next) -> AsyncGenerator[Delta]:
        """The recorded pieces; as one when the call does not stream. Raises CassetteMiss, or the recorded error."""
        call.replayed = True
        for line in self._found(asked_of(call)).lines:
            if "error" in line:
                raise error_of(line["error"])
            yield delta_of(line)

    async def embed(
        self, texts: Sequence[str], call: Call, inner: Callable[[], Any]
    ) -> tuple[NDArray[np.float32], Usage]:
        """The recorded vectors."""
        import numpy as np

        line = self._found(embedded_of(texts, call)).lines[-1]
        if "error" in line:
            raise error_of(line["error"])
        vectors = np.frombuffer(base64.b64decode(line["float32"]), "<f4").reshape(line["shape"])
        return vectors.astype(np.float32), Usage(**line["usage"])

    def _found(self, asked: Mapping[str, Any]) -> Recorded:
        key = key_of(asked)
        with self._lock:
            same = self._by_key.get(key)
            if same is None:
                raise self._miss(asked)
            turn = self._used.get(key, 0)
            self._used[key] = turn + 1
            self._played += 1
            return same[min(turn, len(same) - 1)]

    def _miss(self, asked: Mapping[str, Any]) -> CassetteMiss:
        import difflib

        if not self._calls:
            return CassetteMiss(f"The cassette {self.path} has no call on it.", RECORD)
        wanted = pretty(asked)

        def likeness(call: Recorded) -> tuple[float, float]:
            """By lines first: letters alone are alike in any two texts."""
            asked = pretty(call.asked)
            lines = difflib.SequenceMatcher(None, asked.splitlines(), wanted.splitlines())
            return lines.ratio(), difflib.SequenceMatcher(None, asked, wanted).quick_ratio()

        near = max(self._calls, key=likeness)
        shown = difference(pretty(near.asked), wanted)
        return CassetteMiss(
            f"The cassette {self.path} has no call like this one. Against the nearest, call {near.number}:\n{shown}",
            RECORD,
        )
