"""Names of the things a cell can refer to, known fast enough to be offered while one types.

Looking at names must neither make a workspace nor load a database library; until the catalog is open for other
reasons, its file is read as what it is, SQLite.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from motadata_nb_magics import VERBS

if TYPE_CHECKING:
    from motadata_nb_magics.session import Session

__all__ = ["names_of"]

_QUERIES = {
    "thread": "SELECT name FROM threads WHERE tenant = :tenant AND hidden = 0"
    " UNION SELECT DISTINCT thread FROM turns WHERE tenant = :tenant ORDER BY 1 LIMIT 500",
    "index": "SELECT name FROM indexes WHERE tenant = :tenant ORDER BY name LIMIT 500",
    "document": "SELECT documents.source FROM documents JOIN indexes ON indexes.id = documents.index_id"
    " WHERE indexes.tenant = :tenant AND indexes.name = :of ORDER BY documents.id LIMIT 500",
    "document key": "SELECT documents.key FROM documents JOIN indexes ON indexes.id = documents.index_id"
    " WHERE indexes.tenant = :tenant AND indexes.name = :of ORDER BY documents.id LIMIT 500",
}


def names_of(session: Session, kind: str, of: str = "") -> list[str]:
    """Names of a kind: index, document (of an index), model, backend, variable, table … Empty when there is none."""
    if kind in _QUERIES:
        return _from_catalog(session, _QUERIES[kind], of)
    found = _SOURCES.get(kind)
    if kind == "model":  # aliases and our own come before the long list of others
        return list(found(session)) if found is not None else []
    return sorted(found(session)) if found is not None else []


def _from_catalog(session: Session, query: str, of: str) -> list[str]:
    workspace = session.workspace
    path = workspace.folder / "catalog.db"
    if workspace.shown_place != str(workspace.place) or not path.is_file():
        return workspace.indexes() if "catalog" in workspace.__dict__ and "FROM indexes" in query else []
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=0.01)) as connection:
            values = {"tenant": str(session.config["tenant"]), "of": of}
            return [str(name) for (name,) in connection.execute(query, values)]
    except sqlite3.Error:
        return []


def _models(session: Session) -> Sequence[str]:
    from motadata_nb.gateway.names import models_of

    return models_of(session.config)


def _backends(session: Session) -> Sequence[str]:
    from motadata_nb.vectors.registry import VECTORS

    return VECTORS.names()


def _embedders(session: Session) -> Sequence[str]:
    from motadata_nb.embeddings.registry import EMBEDDERS
    from motadata_nb.telemetry.prices import mode, offered_models

    served = [name for name in offered_models() if mode(name) == "embedding"]
    return [*EMBEDDERS.names(), *session.config["models"], *served]


def _variables(session: Session) -> Sequence[str]:
    hidden = session.shell.user_ns_hidden
    return [
        name
        for name, value in list(session.shell.user_ns.items())
        if not name.startswith("_") and (name not in hidden or hidden[name] is not value)
    ]


def _tables(session: Session) -> Sequence[str]:
    return [name for name in _variables(session) if hasattr(session.shell.user_ns[name], "to_string")]


def _classes(session: Session) -> Sequence[str]:
    return [name for name in _variables(session) if isinstance(session.shell.user_ns[name], type)]


def _agents(session: Session) -> Sequence[str]:
    saved = _from_catalog(session, "SELECT DISTINCT name FROM agent_specs WHERE tenant = :tenant LIMIT 500", "")
    kinds = {name: type(session.shell.user_ns[name]).__name__ for name in _variables(session)}
    return [*saved, *(name for name, kind in kinds.items() if kind == "Agent")]


def _tools(session: Session) -> Sequence[str]:
    from motadata_nb.agents.tools.registry import TOOLS

    functions = [n for n in _variables(session) if type(session.shell.user_ns[n]).__name__ in ("function", "Tool")]
    return [*TOOLS.names(), *(f"rag:{name}" for name in names_of(session, "index")), *functions, *_tables(session)]


def _partners(session: Session) -> Sequence[str]:
    return ["off", *_agents(session), *(f"rag:{name}" for name in names_of(session, "index"))]


def _notebooks(session: Session) -> Sequence[str]:
    return [path.name for path in session.folder.glob("*.ipynb")]


def _magics(session: Session) -> Sequence[str]:
    return list(VERBS)


def _snippets(session: Session) -> Sequence[str]:
    from motadata_nb_magics.snippets import SNIPPETS

    return list(SNIPPETS)


_SOURCES = {
    "agent": _agents, "backend": _backends, "class": _classes, "embedder": _embedders, "magic": _magics,
    "model": _models,
    "notebook": _notebooks, "partner": _partners, "snippet": _snippets, "table": _tables, "tool": _tools,
    "variable": _variables,
}  # fmt: skip
