"""The small things that IPython holds from `%load_ext` on. Each imports its work when it has work."""

from __future__ import annotations

import ast
import copy
import re
from typing import TYPE_CHECKING, Any

from motadata_nb_magics import LazyMagic

if TYPE_CHECKING:
    from motadata_nb_magics.session import Session

__all__ = ["AfterCell", "Asked", "BeforeCell", "ConfigMagic", "Matcher", "Rewriter", "Talk"]


_SHOWN = ast.parse("get_ipython()._motadata_session.shown(0)", mode="eval").body


class Rewriter:
    """Sees a cell's magics before they run: an empty body comes to us, and a near miss names the magic meant.

    IPython itself answers both with a UsageError, which leaves a line on stderr and lets a headless run pass. It shows
    the last value of a cell only; what a line of ours gives is shown wherever it stands, as what `%ls` prints is.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell

    def visit(self, tree: ast.Module) -> ast.Module:
        """Called by IPython with every cell."""
        for statement in tree.body:
            called = getattr(statement, "value", None)
            if isinstance(called, ast.Call) and isinstance(called.func, ast.Attribute):
                words = [a.value for a in called.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
                if called.func.attr == "run_cell_magic" and len(words) == 3:
                    self._cell(called, words[0], words[2])
                elif called.func.attr == "run_line_magic" and len(words) == 2:
                    self._line(called, words[0], words[1], isinstance(statement, ast.Expr))
        if self._shell.ast_node_interactivity != "none":
            self._show_all(tree)
        return tree

    def _show_all(self, tree: ast.Module) -> None:
        for node in ast.walk(tree):
            if isinstance(node, ast.Expr) and node is not tree.body[-1] and self._is_ours(node.value):
                shown = copy.deepcopy(_SHOWN)
                assert isinstance(shown, ast.Call)
                shown.args = [node.value]
                node.value = ast.fix_missing_locations(ast.copy_location(shown, node.value))

    def _is_ours(self, value: ast.expr) -> bool:
        """Whether it is a line magic of ours, as IPython writes it: `get_ipython().run_line_magic("rag", …)`."""
        if not (isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute)):
            return False
        name = value.args[0] if value.args else None
        return (
            value.func.attr == "run_line_magic"
            and isinstance(name, ast.Constant)
            and isinstance(self._find("line", str(name.value)), LazyMagic)
        )

    def _line(self, called: ast.Call, name: str, line: str, shown: bool) -> None:
        found = self._find("line", name)
        if found is None:
            self._refuse("%", name)
        elif isinstance(found, LazyMagic) and not shown and line.rstrip().endswith(";"):
            # In `x = %rag ls;` there is nothing to hide, and x is wanted.
            called.args[1] = ast.copy_location(ast.Constant(line.rstrip()[:-1]), called.args[1])

    def _cell(self, called: ast.Call, name: str, body: str) -> None:
        found = self._find("cell", name)
        if found is None:
            self._refuse("%%", name)
        elif not body and isinstance(found, LazyMagic):
            called.args[2] = ast.copy_location(ast.Constant("\n"), called.args[2])

    def _find(self, kind: str, name: str) -> Any:
        return self._shell.magics_manager.find(kind, name)

    def _refuse(self, sign: str, name: str) -> None:
        from motadata_nb_magics.unknown import refuse

        refuse(sign, name)


class BeforeCell:
    """Tells the core which cell runs, for `%cost --by cell`."""

    def __call__(self, info: Any) -> None:
        from motadata_nb.telemetry.cells import CELL

        CELL.set(info.raw_cell or "")


class AfterCell:
    """Remembers the last cell that failed, for `%motadata fix`."""

    def __init__(self) -> None:
        self.failed: tuple[str, BaseException] | None = None

    def __call__(self, result: Any) -> None:
        error = result.error_before_exec or result.error_in_exec
        if error is not None and not isinstance(error, KeyboardInterrupt):
            self.failed = (result.info.raw_cell or "", error)


class ConfigMagic:
    """`%config`, where a wrong value for `Motadata` fails the cell; all else is IPython's own."""

    _ipython_magic_no_var_expand = True

    def __init__(self, session: Session, previous: Any) -> None:
        self.__name__ = "config"
        self._session = session
        self.previous = previous

    def __call__(self, line: str) -> Any:
        if line.strip().startswith("Motadata"):
            from motadata_nb_magics.settings import configure

            return configure(self._session, line.strip())
        return self._original(line)

    @property
    def _original(self) -> Any:
        """IPython declares its own magic by name; asked for by that name, it would find this one."""
        manager = self._session.shell.magics_manager
        declared = type(self.previous).__name__ == "LazyMagic"
        return manager.registry["ConfigMagics"].magics["line"]["config"] if declared else self.previous

    @property
    def __doc__(self) -> str:  # type: ignore[override]  # read by `%config?` only
        return str(self._original.__doc__)


_ASSIGNED = re.compile(r"[A-Za-z_][\w., ]*=\s*%\w")


class Matcher:
    """Completion in our cells, by IPython's matcher interface (version 2)."""

    matcher_api_version = 2
    matcher_priority = 1000
    matcher_identifier = "motadata_nb"

    def __init__(self, session: Session) -> None:
        self.__qualname__ = self.matcher_identifier  # IPython expects functions
        self._session = session

    def __call__(self, context: Any) -> dict[str, Any]:
        line = context.line_with_cursor.lstrip()
        ours = context.full_text.lstrip().startswith("%%") or line.startswith("%") or _ASSIGNED.match(line)
        if not ours:
            return {"completions": [], "suppress": False}
        from motadata_nb_magics.completion import complete

        return complete(self._session, context)


class Talk:
    """Chat mode, off by default: a cell that starts with `?` or `/` and is not IPython's goes to an agent."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __call__(self, lines: list[str]) -> list[str]:
        if not lines or lines[0][:1] not in ("?", "/"):
            return lines
        from motadata_nb_magics.talking import talk

        return talk(self._session, lines)


_ASKED = re.compile(r"\s*(?:\w+\s*=\s*)?%(?:motadata_)?rag\s+diff\s+\S+\s+\S+\s+[^\"'\s].*\?\s*")


class Asked:
    """Leaves the question mark of `%rag diff a b How long?` to the question: IPython takes it for a call for help."""

    def __call__(self, lines: list[str]) -> list[str]:
        if not lines or lines[0].lstrip().startswith("%%"):
            return lines
        # What stands behind a # is no part of the line for us, and the mark is no longer its end for IPython.
        return [f"{line.rstrip()} #\n" if _ASKED.fullmatch(line) else line for line in lines]
