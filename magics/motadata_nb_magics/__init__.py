"""The cell language: one file per verb, imported when it is first used.

`register` costs about a millisecond: what IPython gets are small objects that know where their verb lives.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["LazyMagic", "VERBS", "register", "unregister"]

VERBS: dict[str, str] = {
    "agent": "motadata_nb_magics.agent",
    "budget": "motadata_nb_magics.budget",
    "cache": "motadata_nb_magics.cache",
    "cassette": "motadata_nb_magics.cassette",
    "cost": "motadata_nb_magics.cost",
    "dashboard": "motadata_nb_magics.dashboard",
    "ingest": "motadata_nb_magics.ingest",
    "llm": "motadata_nb_magics.llm",
    "motadata": "motadata_nb_magics.status",
    "rag": "motadata_nb_magics.rag",
    "sql": "motadata_nb_magics.sql",
}
"""Magic names and the modules that hold their `LINE` and `CELL` commands."""

_SESSION = "_motadata_session"


class LazyMagic:
    """A magic function that imports its verb when it is called, or when its help is asked for."""

    # Filling in is ours: one bad brace would switch IPython's own off.
    _ipython_magic_no_var_expand = True

    def __init__(self, name: str, session: Any) -> None:
        self.__name__ = name
        self._name = name
        self._session = session

    def __call__(self, line: str, cell: str | None = None) -> Any:
        from motadata_nb_magics.grammar import call

        return call(import_module(VERBS[self._name]), self._name, self._session, line, cell)

    def __repr__(self) -> str:
        return f"<%{self._name} of motadata_nb>"

    @property
    def __doc__(self) -> str:  # type: ignore[override]  # read by `%%rag?` only
        from motadata_nb_magics.manual import help_text

        return help_text(import_module(VERBS[self._name]), self._name)


def register(shell: Any) -> None:
    """Add the verbs, each also under a name of its own (`%%motadata_rag`); a foreign magic is left alone."""
    from motadata_nb_magics.session import Session

    session = getattr(shell, _SESSION, None)
    if session is None:
        session = Session(shell)
        setattr(shell, _SESSION, session)
    known = shell.magics_manager.magics
    for name in VERBS:
        magic = LazyMagic(name, session)
        for alias in (name, f"motadata_{name}"):
            taken = known["cell"].get(alias) or known["line"].get(alias)
            if taken is None or isinstance(taken, LazyMagic):
                shell.register_magic_function(magic, magic_kind="line_cell", magic_name=alias)
    session.install()


def unregister(shell: Any) -> None:
    """Take away all that `register` added, and close the workspaces."""
    session = shell.__dict__.pop(_SESSION, None)
    if session is not None:
        session.uninstall()
    for kind in shell.magics_manager.magics.values():
        for name in [name for name, magic in kind.items() if isinstance(magic, LazyMagic)]:
            del kind[name]
