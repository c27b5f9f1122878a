"""Chat mode: a cell that starts with `?` or `/` goes to the chosen agent, unless IPython can do something with it."""

from __future__ import annotations

import ast
import builtins
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from motadata_nb_magics.session import Session

__all__ = ["talk"]

_HELP = re.compile(r"\?\??\s*%{0,2}[\w.*]+(\[[^\]]*\])*\s*;?")
_CALL = re.compile(r"/\s*([A-Za-z_][\w.]*)\s*(.*)")


def talk(session: Session, lines: list[str]) -> list[str]:
    """The cell as a call of `%%agent` or, for `rag:INDEX`, of `%%rag`; the lines themselves when they are IPython's."""
    chosen = str(session.config["chat"])
    if not chosen or _is_ipythons(lines, session.shell.user_ns):
        return lines
    verb, name = ("rag", chosen.removeprefix("rag:")) if chosen.startswith("rag:") else ("agent", chosen)
    body = "".join(lines)[1:].strip("\n ") + "\n"
    return [f"get_ipython().run_cell_magic({verb!r}, {f'{name} --thread {_thread()}'!r}, {body!r})\n"]


def _is_ipythons(lines: list[str], names: Mapping[str, Any]) -> bool:
    """`?name` asks for help, `/f x y` calls f(x, y); what follows on the next lines has to be Python then."""
    first = lines[0].strip()
    if not (_HELP.fullmatch(first) or _calls(first, names)):
        return False
    try:
        ast.parse("".join(line for line in lines[1:] if not line.lstrip().startswith(("%", "!", "?"))))
    except SyntaxError:
        return False
    return True


def _calls(line: str, names: Mapping[str, Any]) -> bool:
    """Whether `/f x y` is a call whose names are all known; "/help me" is not, though `help` is a function."""
    found = _CALL.fullmatch(line)
    if found is None:
        return False
    function, arguments = found.groups()
    try:
        tree = ast.parse(f"{function}({', '.join(arguments.replace(',', ' ').split())})")
    except SyntaxError:
        return False
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return all(name in names or hasattr(builtins, name) for name in used)


def _thread() -> str:
    """One conversation a notebook."""
    notebook = Path(os.environ.get("JPY_SESSION_NAME", "")).stem
    return re.sub(r"[^\w.-]+", "-", f"chat-{notebook}" if notebook else "chat")
