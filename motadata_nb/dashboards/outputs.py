"""What a cell shows: values, displays, printed lines and errors, caught for one visitor at a time.

IPython has one shell, one `display` and one publisher for a process. Here they are those of the room whose cell runs in
this thread, so that other packages (a progress bar, a plot) reach the right page by IPython's own ways.
"""

from __future__ import annotations

import io
import sys
import traceback
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from IPython.core.displaypub import DisplayPublisher

from motadata_nb.errors import MotadataError

__all__ = ["Bundle", "Output", "Outputs", "Publisher", "capturing", "running_outputs", "running_shell"]


@dataclass(frozen=True)
class Output:
    """`value` is what a cell displayed, `text` what it printed, `error` its exception; one of the three."""

    value: Any = None
    text: str = ""
    error: tuple[str, str] | None = None
    key: str = ""
    """The display's id, under which it can be replaced."""


class Bundle:
    """Forms of a value by mime type, as a notebook would keep them; `name` says what a picture is of."""

    def __init__(self, data: dict[str, Any], name: str = "Picture") -> None:
        self._data = data
        self.name = name

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return self._data


class Outputs:
    """Collects the outputs of one cell, and tells `changed` whenever they are others."""

    def __init__(self, changed: Callable[[], None] = lambda: None) -> None:
        self.items: list[Output] = []
        self._changed = changed
        self._outdated = False
        self._figures: list[Any] = []

    def shows(self, figure: Any) -> bool:
        """Whether the figure was shown already."""
        return any(one is figure for one in self._figures)

    def show(self, value: Any, key: str = "") -> None:
        """Something displayed; what only knows how to display itself does so."""
        if callable(hook := getattr(value, "_ipython_display_", None)) and not _has_form(value):
            hook()
            return
        if hasattr(value, "savefig"):
            # Drawn now: another cell may change it, and Matplotlib is not to be used from two threads.
            self._figures.append(getattr(value, "figure", value))
            value = _picture(value)
        self._add(Output(value=value, key=key))

    def replace(self, key: str, value: Any) -> None:
        """Another value for the displays of this id."""
        self.items = [Output(value=value, key=key) if item.key == key else item for item in self.items]
        self._changed()

    def drop(self, key: str) -> None:
        """Take the displays of this id away."""
        self.items = [item for item in self.items if item.key != key]
        self._changed()

    def clear(self, wait: bool = False) -> None:
        """Forget what was shown; with `wait` when the next output comes, so that nothing jumps."""
        self._outdated = wait
        if not wait:
            self.items = []
            self._changed()

    def write(self, text: str) -> None:
        """Something printed; printed lines that follow each other are one output."""
        if not self._outdated and self.items and self.items[-1].text:
            text = self.items.pop().text + text
        self._add(Output(text=text[-100_000:]))

    def fail(self, error: BaseException) -> None:
        """The exception that ended the cell, in two lines."""
        if isinstance(error, MotadataError):
            shown = (error.what, error.hint)
        else:
            frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith("<cell")]
            where = f"{frames[-1].filename.strip('<>')}, line {frames[-1].lineno}" if frames else ""
            shown = (f"{type(error).__name__}: {error}", where)
        self._add(Output(error=shown))

    def _add(self, output: Output) -> None:
        if self._outdated:
            self.items, self._outdated = [], False
        self.items.append(output)
        self._changed()


def _has_form(value: Any) -> bool:
    return isinstance(value, type) or hasattr(value, "_repr_mimebundle_") or hasattr(value, "_repr_html_")


def _picture(drawn: Any) -> Bundle:
    """A Matplotlib figure, or what another package made of one, as it is now, named by its titles."""
    figure = getattr(drawn, "figure", drawn)
    out = io.BytesIO()
    figure.savefig(out, format="png", bbox_inches="tight", dpi=110)
    titles = [figure.get_suptitle(), *(axes.get_title() for axes in figure.axes)]
    return Bundle({"image/png": out.getvalue()}, ", ".join(filter(None, titles)) or "Figure")


_current: ContextVar[Outputs | None] = ContextVar("motadata_nb_outputs", default=None)
_shell: ContextVar[Any] = ContextVar("motadata_nb_shell", default=None)


def running_outputs() -> Outputs | None:
    """Where the cell that runs in this thread shows what it shows, or None."""
    return _current.get()


def running_shell() -> Any:
    """The shell of the room whose cell runs in this thread, or None."""
    return _shell.get()


@contextmanager
def capturing(outputs: Outputs, shell: Any = None) -> Iterator[None]:
    """What this thread displays and prints goes to `outputs`; other threads are left alone."""
    _install()
    tokens = _current.set(outputs), _shell.set(shell)
    try:
        yield
    finally:
        _current.reset(tokens[0])
        _shell.reset(tokens[1])


class Publisher(DisplayPublisher):
    """A shell's publisher that writes to the outputs of the running cell."""

    def publish(
        self, data: Any, metadata: Any = None, source: Any = None, *, transient: Any = None, update: bool = False,
        **_: Any,
    ) -> None:  # fmt: skip
        """What IPython's `display` made of a value."""
        outputs, key = _current.get(), (transient or {}).get("display_id", "")
        if outputs is not None:
            shown = _bundle(data)
            (outputs.replace(key, shown) if update else outputs.show(shown, key))

    def clear_output(self, wait: bool = False) -> None:
        """IPython's `clear_output`."""
        outputs = _current.get()
        if outputs is not None:
            outputs.clear(wait)


def _bundle(data: dict[str, Any]) -> Any:
    """The forms of a value; of a plot that Plotly shows, the plot again: as HTML it is nothing without its script."""
    drawn = data.get("application/vnd.plotly.v1+json")
    if drawn is None:
        return Bundle(data)
    from plotly.graph_objects import Figure

    return Figure(drawn["data"], drawn.get("layout"), skip_invalid=True)


class _Stream(io.TextIOBase):
    """A standard stream that asks whose output it is."""

    def __init__(self, beneath: Any) -> None:
        self.beneath = beneath

    def write(self, text: str) -> int:
        outputs = _current.get()
        if outputs is None:
            return int(self.beneath.write(text))
        if text:
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
    from IPython.core import display_functions as inner

    if not hasattr(inner.display, "_motadata_beneath"):
        _install_display()
        _install_shell()


def _install_display() -> None:
    """Values keep their type, because Panel shows some better than by their HTML."""
    import IPython.display as public
    from IPython.core import display_functions as inner

    beneath = inner.display

    def display(*values: Any, raw: bool = False, display_id: Any = None, **options: Any) -> Any:
        outputs = _current.get()
        if outputs is None:
            return beneath(*values, raw=raw, display_id=display_id, **options)
        if options.get("clear"):
            outputs.clear(wait=True)
        key = uuid.uuid4().hex if display_id is True else str(display_id or "")
        for value in values:
            shown = _bundle(value) if raw and isinstance(value, dict) else value
            (outputs.replace(key, shown) if options.get("update") else outputs.show(shown, key))
        return inner.DisplayHandle(key) if display_id else None

    display._motadata_beneath = beneath  # type: ignore[attr-defined]  # the mark that it is installed
    inner.display = public.display = display


def _install_shell() -> None:
    """`get_ipython()` of any package is the shell of the room; outside of rooms all is as before."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import SingletonConfigurable

    def instance(cls: Any, *given: Any, **options: Any) -> Any:
        return _shell.get() or SingletonConfigurable.instance.__func__(cls, *given, **options)  # type: ignore[attr-defined]  # of a classmethod

    def initialized(cls: Any) -> bool:
        return _shell.get() is not None or bool(SingletonConfigurable.initialized.__func__(cls))  # type: ignore[attr-defined]  # of a classmethod

    InteractiveShell.instance = classmethod(instance)  # type: ignore[assignment, method-assign]  # as IPython's own
    InteractiveShell.initialized = classmethod(initialized)  # type: ignore[assignment, method-assign]  # as IPython's own
