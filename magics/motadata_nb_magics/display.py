"""Showing results, and showing that something is going on.

A result is the value of its cell, so it is `Out[n]` and one static bundle. While a cell works, a line or a growing
card is shown where somebody watches, and taken away when the result comes.
"""

from __future__ import annotations

import html
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from motadata_nb.errors import InvalidInput, MotadataError
from motadata_nb.results import plain

if TYPE_CHECKING:
    from motadata_nb.cards import Card
    from motadata_nb_magics.grammar import Call
    from motadata_nb_magics.session import Session

__all__ = ["Live", "Text", "broken", "deliver", "interrupted", "show", "waiting"]

_INTERVAL_S = 0.1
_MAX_BYTES_PER_S = 500_000
# Up to here every step is shown; then only growth by a share, so that all updates together stay in proportion.
_FREE_BYTES = 400_000
_GROWTH = 1.02


def show(call: Call, result: Any) -> Any:
    """Bind `--out`, and give what the cell shows: the result, a form of it, or nothing when it is hidden."""
    if result is None:
        return None
    if call.get("out"):
        call.session.bind(call["out"], result)
    if call.hidden:
        return None
    return _shaped(result, call.get("as"))


def deliver(call: Call, result: Any) -> None:
    """Show and bind a partial result now, because the cell is about to end with an exception."""
    from IPython.display import display

    shaped = show(call, result)
    if shaped is not None:
        display(shaped)


def interrupted(call: Call, live: Live, result: Any, error: KeyboardInterrupt) -> None:
    """Keep what came before an interrupt: show it, bind it, and say in a line where it is."""
    live.end()
    deliver(call, result)
    where = f" and in {call['out']}" if call.get("out") else ""
    kept = f"What came before the interrupt is shown above{where}." if not call.hidden else "Interrupted."
    # IPython asks the exception itself for its lines; the way through our code says nothing here.
    error._render_traceback_ = lambda *_: [f"KeyboardInterrupt: {kept}"]  # type: ignore[attr-defined]  # IPython's hook


def broken(call: Call, live: Live, result: Any, error: MotadataError) -> None:
    """Keep what came of an answer that broke off, and let the error say where it is."""
    live.end()
    if not result.text:
        return
    deliver(call, result)
    where = f" and in {call['out']}" if call.get("out") else ""
    if where or not call.hidden:
        error.hint = f"What came is {'kept' if call.hidden else 'shown above'}{where}. {_rest(error)}"


def waiting(live: Live, model: str) -> Callable[[int], None]:
    """Shows the place in the queue whenever it changes; it is told on the thread that makes the calls."""
    from motadata_nb.cards import Card

    told: list[int] = []

    def show(place: int) -> None:
        live.card(Card(status=(model, f"place {place:,} in the queue")), at_once=not told or place == 1)
        told.append(place)

    return show


def _rest(error: MotadataError) -> str:
    """What to do next, without where the text is for a program."""
    rest = error.hint.removeprefix("What came is kept in .partial; ")
    return rest[:1].upper() + rest[1:]


def _shaped(result: Any, form: str | None) -> Any:
    if form == "df":
        return _table(result)
    if form == "text":
        text = None if _is_frame(result) else getattr(result, "text", None)
        return Text(text if isinstance(text, str) else str(result))
    if form == "json":
        import json

        return Text(json.dumps(_data(result), ensure_ascii=False, indent=2, default=_written))
    return result


def _data(result: Any) -> Any:
    if _is_frame(result):
        import json

        return json.loads(result.to_json(orient="records", date_format="iso"))
    data = getattr(result, "data", None)
    return plain(result if data is None else data)


def _written(value: Any) -> Any:
    """What JSON does not know, as in a list of models: their fields, or else the text."""
    found = plain(value)
    return str(value) if found is value else found


def _is_frame(result: Any) -> bool:
    return hasattr(result, "columns") and hasattr(result, "itertuples")


def _table(result: Any) -> Any:
    for attribute in ("df", "sources"):
        if hasattr(result, attribute):
            return getattr(result, attribute)
    data = getattr(result, "data", None)
    if data is not None:
        import pandas as pd

        rows = data if isinstance(data, list) else [data]
        return pd.DataFrame([plain(row) for row in rows])
    from IPython.display import display

    display(result)  # it may have been paid for
    raise InvalidInput(f"{type(result).__name__} is not a table; it is shown as it is.", "Leave --as df out.")


class Text:
    """Plain text as a cell's value, without the quotes of a string's repr."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


class Live:
    """A display that changes while a cell works: at most ten times a second, and never more than 0.5 MB a second.

    In a terminal it is one line on stderr; where nobody watches, nothing.
    """

    def __init__(self, session: Session, *, watch: bool = True) -> None:
        self._session = session
        self._watched = watch and session.streams
        self._terminal = watch and session.terminal
        self._handle: Any = None
        self._free_at = 0.0
        self._sent = 0
        self._last_size = 0
        self._latest: Card | None = None

    def card(self, card: Card, *, at_once: bool = False) -> None:
        """Show the card as it is now; `at_once` for what will not be shown again soon."""
        self._latest = card
        if not self._due(at_once):
            return
        from motadata_nb.rendering import to_html, to_text

        if self._terminal:
            self._write(" ".join((card.body or " · ".join(card.status)).split())[-400:])
        elif self._sent < _FREE_BYTES or len(card.body) >= self._last_size * _GROWTH:
            self._last_size = len(card.body)
            self._update({"text/html": to_html(card), "text/plain": to_text(card)})

    def line(self, text: str, share: float | None = None) -> None:
        """Show one line; `share` from 0 to 1 draws a bar before it."""
        if not self._due():
            return
        if self._terminal:
            self._write(text)
            return
        bar = f'<meter min="0" max="1" value="{share:.3f}" style="width:9em"></meter> ' if share is not None else ""
        quiet = f'<div style="opacity:.75;font-size:.92em">{bar}{html.escape(text)}</div>'
        self._update({"text/html": quiet, "text/plain": text})

    def end(self, last_line: str = "") -> None:
        """Make room for the result; where other output stands in the cell, the last line stays."""
        if self._terminal and self._free_at:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
        if self._handle is None:
            return
        if self._session.sole:
            from IPython.display import clear_output

            clear_output(wait=True)
        elif last_line:
            self._free_at = 0.0
            self.line(last_line)
        else:
            self._handle.update({"text/plain": ""}, raw=True)
        self._handle = None

    def abandon(self) -> None:
        """An error ends the cell: what came stays and says that it is not whole; an empty card goes."""
        card = self._latest
        if card is None or not card.body.strip():
            self.end()
        elif self._handle is not None:
            from motadata_nb.rendering import to_html, to_text

            kept = replace(card, status=tuple(word for word in card.status if word != "…"), attention=("broken off",))
            self._update({"text/html": to_html(kept), "text/plain": to_text(kept)})

    def _due(self, at_once: bool = False) -> bool:
        return (self._watched or self._terminal) and (at_once or time.monotonic() >= self._free_at)

    def _update(self, bundle: Mapping[str, str]) -> None:
        from IPython.display import display

        if self._handle is None:
            self._handle = display(dict(bundle), raw=True, display_id=True)
        else:
            self._handle.update(dict(bundle), raw=True)
        size = sum(len(text.encode("utf-8", "replace")) for text in bundle.values())
        self._sent += size
        self._free_at = time.monotonic() + max(_INTERVAL_S, size / _MAX_BYTES_PER_S)

    def _write(self, text: str) -> None:
        width = shutil.get_terminal_size().columns - 1
        sys.stderr.write("\r\x1b[K" + (text if len(text) <= width else "…" + text[-width + 1 :]))
        sys.stderr.flush()
        self._free_at = time.monotonic() + _INTERVAL_S
