"""Server-sent events: bytes in, JSON values out.

Lines may end in any of the three ways and an event may have several lines of data, as the standard says
(https://html.spec.whatwg.org/multipage/server-sent-events.html). An event is given as soon as its data is whole JSON:
some servers send no empty line behind it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

__all__ = ["DONE", "Events", "NotJson"]

DONE = object()
"""What stands for `[DONE]`."""

_LINE_END = re.compile(rb"\r\n|\n|\r")
_BOM = b"\xef\xbb\xbf"


class NotJson(ValueError):
    """Raised for an event that is something else; `data` is how it begins."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data[:60])
        self.data = data[:60]


class Events:
    """Reads one stream. Give it what comes with `feed`, and at the end `feed(b"")`; `kind` is the last event's name."""

    def __init__(self) -> None:
        self.kind = ""
        self._begun = False
        self._rest = bytearray()
        self._looked = 0
        self._held: list[bytes] = []

    def feed(self, chunk: bytes) -> Iterator[Any]:
        """The values of the events that are whole by now. Raises NotJson."""
        if not self._begun and chunk:
            self._begun, chunk = True, chunk.removeprefix(_BOM)
        self._rest += chunk
        for line in [*self._lines(last=not chunk), *([] if chunk else [b""])]:
            yield from self._line(line)

    def _lines(self, *, last: bool) -> Iterator[bytes]:
        """Whole lines, taken off the rest; what was searched for an end is not searched again."""
        start = 0
        while (found := _LINE_END.search(self._rest, max(start, self._looked))) is not None:
            if not last and found.group() == b"\r" and found.end() == len(self._rest):
                break  # Its line feed may still come.
            yield bytes(self._rest[start : found.start()])
            start = self._looked = found.end()
        del self._rest[:start]
        self._looked = max(0, len(self._rest) - 1)
        if last and self._rest:
            yield bytes(self._rest)
            self._rest.clear()

    def _line(self, line: bytes) -> Iterator[Any]:
        if not line:
            held, self._held = self._held, []
            if held:
                raise NotJson(b"\n".join(held))
            self.kind = ""
        elif line.startswith(b"event:"):
            self.kind = line[6:].strip().decode("utf-8", "replace")
        elif line.startswith(b"data:"):
            yield from self._data(line[5:].strip())

    def _data(self, data: bytes) -> Iterator[Any]:
        if data == b"[DONE]":
            yield DONE
            return
        self._held.append(data)
        try:
            value = json.loads(b"\n".join(self._held))
        except ValueError:
            return
        self._held.clear()
        yield value
