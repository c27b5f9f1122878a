"""What a query gives: a table, shown by its first rows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from motadata_nb.cards import Card, Cell, Table
from motadata_nb.results import Result, Tabular

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["SqlResult"]

_SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class SqlResult(Result, Tabular):
    """Rows of a query. They stay an Arrow table until `.df` is asked for."""

    table: pa.Table = field(repr=False)
    sql: str
    seconds: float

    @cached_property
    def _frame(self) -> pd.DataFrame:
        frame: pd.DataFrame = self.table.to_pandas()
        return frame

    @property
    def df(self) -> pd.DataFrame:
        """The rows as a DataFrame."""
        return self._frame

    @property
    def data(self) -> list[dict[str, Any]]:
        """The rows as dictionaries of Python values."""
        return list(self.table.to_pylist())

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return int(self.table.num_rows)

    def __len__(self) -> int:
        return self.rows

    def _card(self) -> Card:
        count = f"{self.rows:,} row{'' if self.rows == 1 else 's'} × {self.table.num_columns}"
        shown = f"the first {_SHOWN} are shown" if self.rows > _SHOWN else ""
        return Card(summary=_summary(self.table), status=tuple(filter(None, (count, shown, f"{self.seconds:.2f} s"))))

    def _repr_llm_(self) -> str:
        return self.text(50)

    def text(self, rows: int) -> str:
        """The first rows as CSV, with their number."""
        frame = self.table.slice(0, rows).to_pandas()
        total = f"{self.rows:,} row{'' if self.rows == 1 else 's'}"
        more = f"first {rows} of {total}" if self.rows > rows else total
        return f"{frame.to_csv(index=False)}({more})"


def _summary(table: pa.Table) -> Table:
    import pyarrow.types as types

    head = table.slice(0, _SHOWN)
    columns = [[_cell(v) for v in column.to_pylist()] for column in head.columns]
    numeric = frozenset(f.name for f in table.schema if types.is_integer(f.type) or types.is_floating(f.type))
    return Table(table.column_names, [list(row) for row in zip(*columns, strict=True)], numeric)


def _cell(value: Any) -> Cell:
    """A value as a person reads data: a year keeps its shape, a time at midnight is a day."""
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return str(value.date())
    return value if value is None else str(value)


def _number(value: float) -> str:
    return f"{value:.6g}" if abs(value) < 1e6 else f"{value:.0f}" if abs(value) < 1e15 else f"{value:g}"
