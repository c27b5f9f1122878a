"""Read-only SQL over tables in memory and files that were named: what `%%sql` and the agents' `sql` tool run on.

Each query has a DuckDB of its own, which knows the tables that the query names and nothing else: no other file, no
network, no extension, no setting can be reached, and the statement must be one that reads.
"""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from motadata_nb.aio import plain
from motadata_nb.errors import CallTimeout, InvalidInput, NotPermitted, UnknownName, UnreadableDocument
from motadata_nb.sql_result import SqlResult

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

__all__ = ["Sql"]

_BATCH = 100_000
_MOST = 2 * 2**30
_READS = {"SELECT", "EXPLAIN", "CALL"}
_READERS = {".csv": "read_csv", ".tsv": "read_csv", ".txt": "read_csv", ".parquet": "read_parquet",
            ".json": "read_json", ".jsonl": "read_json", ".ndjson": "read_json"}  # fmt: skip
Tables = Callable[[str], Any]
_QUOTED = re.compile(r"""(?:'|")([^'"]+)(?:'|")""")
_PIVOT = re.compile(r"\bpivot\b", re.I)
_SHOW = re.compile(r"\s*(?:show)\b", re.I)


class Sql:
    """SQL over `tables(name)`, which gives a DataFrame, Arrow table or None for each of `names()`.

    Names may have a schema (`handbook.chunks`). `files` are CSV, Parquet and JSON files that may be read, by their path
    or their stem; with `any_file` every path in the query is one that was named.
    """

    def __init__(
        self,
        tables: Tables | Mapping[str, Any],
        names: Callable[[], Iterable[str]] | None = None,
        *,
        files: Sequence[str | Path] = (),
        any_file: bool = False,
        timeout_s: float = 60.0,
        memory: str = "2GB",
    ) -> None:
        self._tables: Tables = tables.get if isinstance(tables, Mapping) else tables
        self._names = names or (lambda: list(tables) if isinstance(tables, Mapping) else [])
        self._files = [Path(file) for file in files]
        self._any_file = any_file
        self._timeout_s = timeout_s
        self._memory = memory

    def names(self) -> list[str]:
        """What can be queried: tables and files."""
        return [*self._names(), *(str(file) for file in self._files)]

    async def aquery(self, sql: str, parameters: Mapping[str, Any] | None = None) -> SqlResult:
        """The rows of one reading statement; `$name` in it is bound to `parameters`.

        Raises InvalidInput for SQL that cannot be run, NotPermitted for a statement that writes or reaches out,
        UnknownName for a table that is not there, CallTimeout when it takes too long.
        """
        run = _Run(self._timeout_s)
        try:
            return await asyncio.to_thread(self._query, sql, parameters or {}, run)
        finally:
            run.stop()

    query = plain(aquery)

    def _query(self, sql: str, parameters: Mapping[str, Any], run: _Run) -> SqlResult:
        import duckdb

        start = time.perf_counter()
        connection = duckdb.connect(":memory:", config={"python_enable_replacements": False})
        try:
            _check(sql)
            allowed = self._register(connection, sql)
            _lock(connection, allowed, self._memory)
            run.begin(connection)
            table = _fetched(connection.sql(sql, params=dict(parameters) or None))
        except duckdb.InterruptException as error:
            raise CallTimeout(
                f"The query took longer than {self._timeout_s:g} s.", "Ask for less: a LIMIT, fewer rows to join."
            ) from error
        except duckdb.Error as error:
            raise self._explained(error, sql) from error
        finally:
            run.stop()
            connection.close()
        return SqlResult(table=table, sql=sql, seconds=time.perf_counter() - start)

    def _register(self, connection: duckdb.DuckDBPyConnection, sql: str) -> list[Path]:
        """Make the tables that the query may mean; returns the files that it may read."""
        for name in self._names():
            if _SHOW.match(sql) or _mentions(sql, name):
                found = self._tables(name)
                if found is not None:
                    _add(connection, name, found)
        allowed = []
        for name, file in self._named_files(sql).items():
            allowed.append(_readable(file))
            reader = _READERS[file.suffix.lower()]
            source = f"{reader}({_literal(str(file))})"
            connection.execute(f"CREATE VIEW IF NOT EXISTS {_quoted(name)} AS SELECT * FROM {source}")
        return allowed

    def _named_files(self, sql: str) -> dict[str, Path]:
        """Files by the name that the query has for them."""
        known = {name: file for file in self._files for name in (str(file), file.name, file.stem)}
        found = {name: file for name, file in known.items() if _mentions(sql, name)}
        if self._any_file:
            paths = {name: Path(name) for name in _QUOTED.findall(sql)}
            found |= {name: path for name, path in paths.items() if path.suffix.lower() in _READERS}
        return found

    def _explained(self, error: Exception, sql: str) -> Exception:
        text = str(error).split("\n\nLINE")[0].strip()
        missing = re.search(r"""(?:Table|View) with name (?:"([^"]+)"|(\S+)) does not exist""", text)
        if missing:
            known = [_written(name) for name in self.names()]
            return UnknownName(
                "table", missing[1] or missing[2], known, example="SELECT * FROM {}", empty="Make a DataFrame first."
            )
        if "file system operations are disabled" in text or "configuration has been locked" in text:
            return NotPermitted("The query reaches for something that was not named.", f"Tables: {_list(self.names())}")
        first, _, rest = text.partition("\n")
        return InvalidInput(f"The SQL cannot be run: {first}", rest.strip().splitlines()[0] if rest.strip() else
                            f"Tables: {_list(self.names())}")  # fmt: skip


class _Run:
    """Stops a query after its time, or when nobody waits for it any more."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._timer: threading.Timer | None = None

    def begin(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._timer = threading.Timer(self._timeout_s, connection.interrupt)
        self._timer.daemon = True
        self._timer.start()

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.interrupt()


def _check(sql: str) -> None:
    import duckdb

    if not sql.strip():
        raise InvalidInput("The query is empty.", "Write SQL, like: SELECT * FROM sales LIMIT 5")
    statements = duckdb.extract_statements(sql)
    if len(statements) != 1:
        raise InvalidInput(f"There are {len(statements)} statements.", "Run one at a time.")
    kind = statements[0].type.name
    # A PIVOT whose columns are found in the data is several statements to DuckDB, and reads all the same.
    if kind not in _READS and not (kind == "MULTI" and _PIVOT.search(sql)):
        raise NotPermitted(f"{kind} changes something; this SQL only reads.", "Use SELECT.")


def _mentions(sql: str, name: str) -> bool:
    """Whether the parts of the name stand in the query; a name too many does no harm.

    DuckDB's own list of the tables of a query fails for parameters, JOIN USING and PIVOT.
    """
    schema, _, table = name.rpartition(".")
    parts = (schema, table) if "/" not in name and "\\" not in name else (name,)
    return all(re.search(rf"(?<!\w){re.escape(part)}(?!\w)", sql, re.I) for part in parts if part)


def _add(connection: duckdb.DuckDBPyConnection, name: str, found: Any) -> None:
    schema, dot, table = name.rpartition(".")
    if not dot:
        connection.register(name, found)
        return
    hidden = f"{schema}_{table}"
    connection.register(hidden, found)
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {_quoted(schema)}")
    connection.execute(f"CREATE VIEW {_quoted(schema)}.{_quoted(table)} AS SELECT * FROM {_quoted(hidden)}")


def _fetched(found: duckdb.DuckDBPyRelation) -> pa.Table:
    """All rows. Raises InvalidInput for more than a notebook can hold: a join without a condition has billions."""
    import pyarrow as pa

    reader = found.to_arrow_reader(_BATCH)
    batches, size = [], 0
    for batch in reader:
        batches.append(batch)
        size += batch.nbytes
        if size > _MOST:
            rows = sum(b.num_rows for b in batches)
            raise InvalidInput(
                f"The result is too large: {size / 2**30:.1f} GB after {rows:,} rows.",
                "Ask for less: a LIMIT, a sum by group, or a condition for the join.",
            )
    return pa.Table.from_batches(batches, reader.schema)


def _lock(connection: duckdb.DuckDBPyConnection, allowed: Sequence[Path], memory: str) -> None:
    if allowed:
        connection.execute(f"SET allowed_paths=[{', '.join(_literal(str(path)) for path in allowed)}]")
    connection.execute(f"SET memory_limit={_literal(memory)}")
    connection.execute("SET enable_external_access=false")
    connection.execute("SET lock_configuration=true")


def _readable(path: Path) -> Path:
    if path.suffix.lower() not in _READERS:
        raise InvalidInput(f"{path.name} is no table.", f"SQL reads files that end in {', '.join(_READERS)}")
    if not path.is_file():
        raise UnreadableDocument(f"There is no file {path}.", "Check the path.")
    return path


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _written(name: str) -> str:
    """A table's name as SQL takes it: its parts in quotes where they are no plain words."""
    if "/" in name or "\\" in name:
        return name
    parts = name.rpartition(".")
    return "".join(part if part == "." or part.isidentifier() or not part else _quoted(part) for part in parts)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _list(names: Sequence[str]) -> str:
    return ", ".join(sorted(map(_written, names))[:12]) or "none yet"
