"""Room: where the cells of a notebook run for one visitor: own variables, own magics, own outputs."""

from __future__ import annotations

import ast
import atexit
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from IPython.core.builtin_trap import BuiltinTrap
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from motadata_nb.dashboards.outputs import Outputs, capturing

__all__ = ["Room"]

_NOTHING = object()
# They are for the person who writes the notebook; in an app they do nothing.
_QUIET = ("autoreload", "conda", "matplotlib", "pip", "uv")


class Room:
    """Runs cells with a real IPython shell for their magics, but one cell a thread, and with its outputs kept apart."""

    def __init__(self, folder: Path, **names: Any) -> None:
        self.shell = _Shell(config=Config({"HistoryManager": {"enabled": False}}), folder=folder)
        self.user_ns: dict[str, Any] = self.shell.user_ns
        self.user_ns |= {"display": _display, **names}
        define = self.shell.magics_manager.register_function
        for name in _QUIET:
            define(_ignored, "line", name)
        for name in ("time", "capture"):
            define(self._plain, "cell", name)
        define(self._line, "line", "time")
        define(self._load, "line", "load_ext")
        self._load("motadata_nb")

    def run(self, source: str, name: str = "<cell>", changed: Callable[[], None] = lambda: None) -> Outputs:
        """Run a cell; what it shows, with its error as the last output."""
        outputs = Outputs(changed)
        with capturing(outputs):
            try:
                value = self._execute(source, name)
                if value is not _NOTHING and value is not None:
                    outputs.show(value)
            except (Exception, SystemExit, KeyboardInterrupt) as error:
                outputs.fail(error)
        return outputs

    def close(self) -> None:
        """Give back what the visitor's cells opened."""
        self.shell.run_line_magic("unload_ext", "motadata_nb")
        atexit.unregister(self.shell.atexit_operations)
        self.shell.atexit_operations()

    def _execute(self, source: str, name: str) -> Any:
        """Run all statements; the value of the last one when it is an expression that no semicolon hides."""
        tree = ast.parse(source, name)
        for transformer in self.shell.ast_transformers:
            tree = ast.fix_missing_locations(transformer.visit(tree))
        last = tree.body[-1] if tree.body else None
        shown = isinstance(last, ast.Expr) and not source.rstrip().endswith(";")
        body = tree.body[:-1] if shown else tree.body
        exec(compile(ast.Module(body, []), name, "exec"), self.user_ns)
        if not shown or not isinstance(last, ast.Expr):
            return _NOTHING
        return eval(compile(ast.Expression(last.value), name, "eval"), self.user_ns)

    def _plain(self, line: str, cell: str) -> Any:
        """The body of `%%time` and `%%capture` like any cell."""
        value = self._execute(self.shell.transform_cell(cell), "<cell>")
        return None if value is _NOTHING else value

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

    def __init__(self, *, folder: Path, **options: Any) -> None:
        self._folder = folder
        super().__init__(**options)

    def init_sys_modules(self) -> None: ...

    def init_builtins(self) -> None:
        self.builtin_trap = _NoTrap(shell=self)

    def system(self, command: str) -> None:
        """The printed lines of a shell command."""
        done = subprocess.run(command, shell=True, capture_output=True, text=True, cwd=self._folder)
        print(done.stdout + done.stderr, end="")


def _display(*values: Any, **options: Any) -> Any:
    """IPython's, which is a builtin in a notebook."""
    from IPython import display as ipython

    return ipython.display(*values, **options)


def _ignored(line: str = "", cell: str | None = None) -> None:
    """A magic that makes no sense in an app."""
