"""`sql`: read-only DuckDB over the notebook's DataFrames, files that were named, and the indexes.

`sql` sees all DataFrames of the notebook, `sql:sales,costs.csv` these only. An index `handbook` is there as
`handbook.documents` and `handbook.chunks`, the call ledger as `motadata.calls`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from motadata_nb.agents.tools.base import Tool
from motadata_nb.sql import Sql

if TYPE_CHECKING:
    from motadata_nb.agents.home import Agents
    from motadata_nb.catalog.catalog import Catalog

__all__ = ["catalog_table", "engine", "is_table", "named_sql", "sql_tools"]

_ROWS = 50


def named_sql(names: str, home: Agents) -> list[Tool]:
    """The tool for `sql` or `sql:NAME,NAME`, where a name is a DataFrame, a file or an index."""
    if not names:
        return _tools(engine(home.variables, home.catalog))
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    files = [name for name in wanted if Path(name).suffix and name not in home.variables()]
    chosen = {name for name in wanted if name not in files}
    return _tools(engine(home.variables, home.catalog, files=files, only=chosen))


def sql_tools(tables: Mapping[str, Any], home: Agents) -> list[Tool]:
    """The tool over these tables."""
    return _tools(engine(lambda: tables, None, only=set(tables)))


def engine(
    variables: Callable[[], Mapping[str, Any]],
    catalog: Catalog | None,
    *,
    files: list[str] | None = None,
    only: set[str] | None = None,
    any_file: bool = False,
) -> Sql:
    """SQL over the DataFrames among the variables, and the tables of the catalog."""

    def table(name: str) -> Any:
        if only is not None and name.partition(".")[0] not in only:
            return None
        found = variables().get(name)
        if is_table(found):
            return _as_table(found)
        return catalog_table(catalog, name) if catalog is not None else None

    def names() -> list[str]:
        known = [name for name, value in variables().items() if is_table(value) and not name.startswith("_")]
        for index in catalog.indexes.names() if catalog is not None else ():
            known += [f"{index}.documents", f"{index}.chunks"]
        known += ["motadata.calls"] if catalog is not None else []
        return [name for name in known if only is None or name.partition(".")[0] in only]

    return Sql(table, names, files=files or (), any_file=any_file)


def is_table(value: Any) -> bool:
    """Whether SQL can read the value: a DataFrame of pandas or polars, an Arrow table, a result that has one."""
    kind = f"{type(value).__module__.partition('.')[0]}.{type(value).__name__}"
    if kind in ("pandas.DataFrame", "polars.DataFrame", "pyarrow.Table"):
        return True
    return type(value).__name__ == "SqlResult"


def _as_table(value: Any) -> Any:
    return value.table if type(value).__name__ == "SqlResult" else value


def catalog_table(catalog: Catalog, name: str) -> Any:
    """`INDEX.documents`, `INDEX.chunks` or `motadata.calls` as a DataFrame; None when there is no such table."""
    import pandas as pd
    from sqlalchemy import select

    from motadata_nb.catalog.schema import calls, chunks, documents

    schema, _, table = name.rpartition(".")
    if name == "motadata.calls":
        query = select(*(c for c in calls.c if c.name not in ("id", "tenant"))).where(calls.c.tenant == catalog.tenant)
    elif table in ("documents", "chunks") and (row := catalog.indexes.find(schema)) is not None:
        d, c = documents.c, chunks.c
        if table == "documents":
            query = select(d.key, d.source, d.title, d.mime, d.pages, d.size, d.updated_at).where(d.index_id == row.id)
        else:
            columns = [d.key.label("document"), d.source, d.title, c.ordinal, c.page, c.heading, c.text, c.tokens]
            query = select(*columns).join(documents, d.id == c.document_id).where(c.index_id == row.id)
    else:
        return None
    with catalog.database.read() as db:
        found = db.execute(query)
        frame = pd.DataFrame([tuple(r) for r in found.all()], columns=list(found.keys()))
    for column in frame.columns.intersection(["at", "updated_at"]):
        frame[column] = pd.to_datetime(frame[column], unit="s").dt.round("s")  # UTC
    return frame


def _tools(sql: Sql) -> list[Tool]:
    async def query(
        statement: Annotated[str, "One SELECT in DuckDB's dialect"],
    ) -> str:
        return (await sql.aquery(statement)).text(_ROWS)

    known = ", ".join(sorted(sql.names())[:40])
    description = (
        f"Runs one read-only SQL query (DuckDB) and returns up to {_ROWS} rows as CSV. "
        f"DESCRIBE a table to see its columns. Tables: {known or 'none yet'}."
    )
    return [Tool(query, name="sql", description=description, idempotent=True)]
