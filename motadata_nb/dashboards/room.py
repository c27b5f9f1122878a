"""Room: where the cells of a notebook run for one visitor: own variables, own magics, own outputs."""

from __future__ import annotations

import ast
import asyncio
import atexit
import inspect
import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from IPython.core.builtin_trap import BuiltinTrap
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import CapturedIO
from traitlets.config import Config

from motadata_nb.dashboards.html import bundle_of
from motadata_nb.dashboards.outputs import Outputs, Publisher, capturing
from motadata_nb.errors import InvalidInput

__all__ = ["Room"]

_NOTHING = object()
# How plots reach a cell's output; read when their packages are imported. A kernel has its own ways.
_PLOTS = {"MPLBACKEND": "module://motadata_nb.dashboards.figures", "PLOTLY_RENDERER": "plotly_mimetype"}
# They are for the person who writes the notebook; in an app they do nothing.
_QUIET = ("autoreload", "conda", "matplotlib", "pip", "uv")


class Room:
    """Runs cells with a real IPython shell for their magics, but one cell a thread, and with its outputs kept apart.

    `ask` answers for a person when a tool call needs approval; without it nobody watches, and the answer is no.
    """

    def __init__(self, folder: Path, *, ask: Callable[[Any], Any] | None = None, **names: Any) -> None:
        self.shell = _Shell(config=Config({"HistoryManager": {"enabled": False}}), folder=folder, ask=ask)
        self.user_ns: dict[str, Any] = self.shell.user_ns
        self.user_ns |= {"display": _display, "input": _input, **names}
        self._loop: asyncio.AbstractEventLoop | None = None
        if not hasattr(InteractiveShell._instance, "kernel"):
            os.environ |= _PLOTS
        define = self.shell.magics_manager.register_function
        for name in _QUIET:
            define(_ignored, "line", name)
        define(self._plain, "cell", "time")
        define(self._capture, "cell", "capture")
        define(self._line, "line", "time")
        define(self._load, "line", "load_ext")
        self._load("motadata_nb")

    def run(self, source: str, name: str = "<cell>", outputs: Outputs | None = None) -> Outputs:
        """Run a cell; what it shows, with its error as the last output."""
        outputs = outputs or Outputs()
        self.user_ns["In"] = ["", source]
        with capturing(outputs, self.shell):
            try:
                value = self._execute(source, name)
                if value is not _NOTHING and value is not None and not _drawn(value):
                    outputs.show(value)
            except (Exception, SystemExit, KeyboardInterrupt) as error:
                outputs.fail(error)
            figures = sys.modules.get("motadata_nb.dashboards.figures")
            if figures is not None:
                figures.show()
        return outputs

    def close(self) -> None:
        """Give back what the visitor's cells opened."""
        self.shell.run_line_magic("unload_ext", "motadata_nb")
        atexit.unregister(self.shell.atexit_operations)
        self.shell.atexit_operations()
        if self._loop is not None:
            self._loop.close()

    def _execute(self, source: str, name: str) -> Any:
        """Run all statements; the value of the last one when it is an expression that no semicolon hides."""
        tree = ast.parse(source, name)
        for transformer in self.shell.ast_transformers:
            tree = ast.fix_missing_locations(transformer.visit(tree))
        last = tree.body[-1] if tree.body else None
        shown = isinstance(last, ast.Expr) and not source.rstrip().endswith(";")
        body = tree.body[:-1] if shown else tree.body
        self._evaluate(ast.Module(body, []), name, "exec")
        if not shown or not isinstance(last, ast.Expr):
            return _NOTHING
        return self._evaluate(ast.Expression(last.value), name, "eval")

    def _evaluate(self, tree: Any, name: str, mode: str) -> Any:
        """The value of the code; a cell may await, as in a notebook, always on the same loop."""
        code = compile(tree, name, mode, flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        value = eval(code, self.user_ns)
        if not code.co_flags & inspect.CO_COROUTINE:
            return value
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        return self._loop.run_until_complete(value)

    def _plain(self, line: str, cell: str) -> Any:
        """The body of `%%time` and `%%capture` like any cell."""
        value = self._execute(self.shell.transform_cell(cell), "<cell>")
        return None if value is _NOTHING else value

    def _capture(self, line: str, cell: str) -> None:
        """IPython's own would take the standard output of all visitors."""
        kept = Outputs()
        with capturing(kept, self.shell):
            value = self._plain("", cell)
            if value is not None:
                kept.show(value)
        name = next((word for word in line.split() if word.isidentifier()), "")
        if name:
            said = "".join(item.text for item in kept.items)
            rich = [{"data": bundle_of(item.value), "metadata": {}} for item in kept.items if not item.text]
            self.user_ns[name] = CapturedIO(io.StringIO(said), io.StringIO(), rich)

    def _load(self, name: str) -> None:
        """Once: that it is loaded already is nothing for a visitor to read."""
        assert self.shell.extension_manager is not None  # made by the shell's own constructor
        self.shell.extension_manager.load_extension(name.strip())

    def _line(self, line: str) -> Any:
        return self._plain("", line)


class _NoTrap(BuiltinTrap):
    """Leaves `builtins` alone, which all visitors share; `get_ipython` is a variable of each room."""

    def activate(self) -> None: ...

    def deactivate(self) -> None: ...


class _Shell(InteractiveShell):
    """IPython's shell, of which a process can have many: no `__main__`, no builtins, no terminal of its own."""

    def __init__(self, *, folder: Path, ask: Callable[[Any], Any] | None, **options: Any) -> None:
        self._folder = folder
        self.ask = ask
        self.watched = ask is not None
        super().__init__(**options)

    def init_display_pub(self) -> None:
        self.display_pub = Publisher(parent=self, shell=self)

    def init_sys_modules(self) -> None: ...

    def init_builtins(self) -> None:
        self.builtin_trap = _NoTrap(shell=self)

    def ask_exit(self) -> None:
        """`exit()` ends a kernel; an app goes on."""

    def system(self, command: str) -> None:
        """The printed lines of a shell command."""
        done = subprocess.run(command, shell=True, capture_output=True, text=True, cwd=self._folder)
        print(done.stdout + done.stderr, end="")


def _drawn(value: Any) -> bool:
    """Whether it is only a part of a plot, `[<Line2D object>]`, which is shown as the plot itself."""
    if "matplotlib.artist" not in sys.modules:
        return False
    from matplotlib.artist import Artist
    from matplotlib.container import Container
    from matplotlib.figure import FigureBase

    parts = list(value) if isinstance(value, list | tuple) else []
    if str(getattr(value, "dtype", "")) == "object" and hasattr(value, "flat"):
        parts = list(value.flat)  # an array of axes
    return any(isinstance(part, Artist | Container) and not isinstance(part, FigureBase) for part in (value, *parts))


def _input(prompt: str = "") -> str:
    """In place of Python's, which would wait for the operator's terminal."""
    raise InvalidInput(
        f"An app has no line to type into: {prompt}", "Make it an input: a cell with the tag parameters."
    )


def _display(*values: Any, **options: Any) -> Any:
    """IPython's, which is a builtin in a notebook."""
    from IPython import display as ipython

    return ipython.display(*values, **options)


def _ignored(line: str = "", cell: str | None = None) -> None:
    """A magic that makes no sense in an app."""
