"""What a cell shows: values, displays, printed lines and errors, caught for one visitor at a time."""

from __future__ import annotations

import io
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from motadata_nb.errors import MotadataError

__all__ = ["Output", "Outputs", "capturing"]


@dataclass(frozen=True)
class Output:
    """`value` is what a cell displayed, `text` what it printed, `error` its exception; one of the three."""

    value: Any = None
    text: str = ""
    error: tuple[str, str] | None = None


class Outputs:
    """Collects the outputs of one cell, and tells `changed` when there is a new one."""

    def __init__(self, changed: Callable[[], None] = lambda: None) -> None:
        self.items: list[Output] = []
        self._changed = changed

    def show(self, value: Any) -> None:
        """Something displayed."""
        self.items.append(Output(value=value))
        self._changed()

    def write(self, text: str) -> None:
        """Something printed; printed lines that follow each other are one output."""
        if self.items and self.items[-1].text:
            text = self.items.pop().text + text
        self.items.append(Output(text=text[-100_000:]))

    def fail(self, error: BaseException) -> None:
        """The exception that ended the cell, in two lines."""
        if isinstance(error, MotadataError):
            shown = (error.what, error.hint)
        else:
            frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith("<cell")]
            where = f"{frames[-1].filename.strip('<>')}, line {frames[-1].lineno}" if frames else ""
            shown = (f"{type(error).__name__}: {error}", where)
        self.items.append(Output(error=shown))
        self._changed()


_current: ContextVar[Outputs | None] = ContextVar("motadata_nb_outputs", default=None)


@contextmanager
def capturing(outputs: Outputs) -> Iterator[None]:
    """What this thread displays and prints goes to `outputs`; other threads are left alone."""
    _install()
    token = _current.set(outputs)
    try:
        yield
    finally:
        _current.reset(token)


class _Stream(io.TextIOBase):
    """A standard stream that asks whose output it is."""

    def __init__(self, beneath: Any) -> None:
        self.beneath = beneath

    def write(self, text: str) -> int:
        outputs = _current.get()
        if outputs is None:
            return int(self.beneath.write(text))
        outputs.write(text)
        return len(text)

    def flush(self) -> None:
        self.beneath.flush()

    def writable(self) -> bool:
        return True


def _install() -> None:
    if not isinstance(sys.stdout, _Stream):
        sys.stdout = _Stream(sys.stdout)
    if not isinstance(sys.stderr, _Stream):
        sys.stderr = _Stream(sys.stderr)
    import IPython.display as public
    from IPython.core import display_functions as inner

    if not hasattr(inner.display, "_motadata_beneath"):
        beneath = inner.display

        def display(*values: Any, **options: Any) -> Any:
            outputs = _current.get()
            if outputs is None:
                return beneath(*values, **options)
            for value in values:
                outputs.show(_Raw(value) if options.get("raw") and isinstance(value, dict) else value)
            return None

        display._motadata_beneath = beneath  # type: ignore[attr-defined]  # the mark that it is installed
        inner.display = public.display = display


class _Raw:
    """A bundle that was displayed as it is."""

    def __init__(self, bundle: dict[str, Any]) -> None:
        self._bundle = bundle

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return self._bundle
