"""%%sql: read-only DuckDB over the notebook's DataFrames, files named in it, indexes and the call ledger."""

from __future__ import annotations

import re
from typing import Any

from motadata_nb.errors import InvalidInput
from motadata_nb_magics.grammar import OUT, Call, Command, flag, option

__all__ = ["CELL", "bound"]

_FIELD = re.compile(r"(')?\{\{(.*?)\}\}(')?", re.S)


def _query(call: Call) -> Any:
    from motadata_nb.agents.tools.sql import engine

    namespace = call.session.shell.user_ns
    statement, parameters = bound(call.body, namespace) if not call["raw"] else (call.body, {})
    catalog = call.session.workspace.catalog
    return engine(lambda: namespace, catalog, any_file=True).query(statement, parameters)


def bound(body: str, variables: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The SQL with each `{{ … }}` as a bound parameter: a value is a value, whatever quotes it has in it."""
    from motadata_nb_magics.interpolation import evaluate

    values: dict[str, Any] = {}

    def parameter(match: re.Match[str]) -> str:
        before, expression, after = match[1], match[2], match[3]
        if before or after:
            raise InvalidInput(
                f"{{{{{expression}}}}} stands in quotes.", "Leave the quotes out: values are bound, not pasted."
            )
        name = f"p{len(values)}"
        values[name] = evaluate(expression, variables)
        return f"${name}"

    return _FIELD.sub(parameter, body), values


CELL = Command(
    run=_query,
    summary="Read-only SQL over DataFrames, named CSV and Parquet files, and indexes.",
    options=(
        OUT,
        option("--as", "Show the result as text, json or df.", choices=("text", "json", "df")),
        flag("--raw", "Fill in nothing: leave {{ … }} as it stands."),
        flag("--quiet", "Show nothing."),
    ),
    examples=(
        "%%sql --out top\nSELECT region, sum(amount) AS total FROM sales WHERE year = {{ year }} GROUP BY region",
        "%%sql\nSELECT source, count(*) FROM handbook.chunks GROUP BY source",
    ),
    body=True,
    fills=False,
    language="sql",
)
