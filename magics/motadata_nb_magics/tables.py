"""Small tables as results of line magics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from motadata_nb.cards import Card, Cell, Table
from motadata_nb.results import Result, Tabular

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["TableResult"]


@dataclass(frozen=True, kw_only=True)
class TableResult(Result, Tabular):
    """A titled table; a column is numeric when all its cells are numbers."""

    title: str
    headers: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    empty: str = ""
    """What to say when there are no rows."""
    status: tuple[str, ...] = ()
    attention: tuple[str, ...] = ()

    @property
    def df(self) -> pd.DataFrame:
        """The rows as a DataFrame."""
        import pandas as pd

        return pd.DataFrame([list(row) for row in self.rows], columns=list(self.headers))

    def _card(self) -> Card:
        numeric = {
            header
            for column, header in enumerate(self.headers)
            if self.rows and all(isinstance(row[column], int | float) for row in self.rows)
        }
        table = Table(self.headers, self.rows, frozenset(numeric)) if self.rows else None
        status = (*((self.empty,) if self.empty and not self.rows else ()), *self.status)
        return Card(title=self.title, summary=table, status=status, attention=self.attention)
