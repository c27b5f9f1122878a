"""The base of every result: an object first, and something to look at second.

A result is a frozen keyword-only dataclass that says in `_card` what it shows. Notebooks, terminals and exports get
HTML, Markdown and text of the same card; a model gets `_repr_llm_`.
"""

from __future__ import annotations

from dataclasses import asdict, is_dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Container

    import pandas as pd

    from motadata_nb.cards import Card

__all__ = ["Result", "Tabular", "plain"]


def plain(data: Any, mode: str = "python") -> Any:
    """A pydantic model, in its *mode* "python" or "json", or a dataclass as a dictionary; anything else as it is."""
    if hasattr(data, "model_dump"):
        return data.model_dump(mode=mode)
    return asdict(data) if is_dataclass(data) and not isinstance(data, type) else data


class Result:
    """Shows a card in every front end. Subclasses implement `_card`."""

    def _card(self) -> Card:
        raise TypeError(f"{type(self).__name__} does not say what it shows")

    def _repr_mimebundle_(
        self, include: Container[str] | None = None, exclude: Container[str] | None = None
    ) -> dict[str, str]:
        from motadata_nb.rendering import to_html, to_markdown, to_text

        card = self._card()
        bundle = {"text/plain": to_text(card), "text/markdown": to_markdown(card), "text/html": to_html(card)}
        return {
            mime: text
            for mime, text in bundle.items()
            if (include is None or mime in include) and (exclude is None or mime not in exclude)
        }

    def _repr_llm_(self) -> str:
        """How a language model should see this result."""
        from motadata_nb.rendering import to_markdown

        return to_markdown(self._card())

    def __str__(self) -> str:
        from motadata_nb.rendering import to_text

        return to_text(self._card())


class Tabular:
    """A result that is also a table."""

    @property
    def df(self) -> pd.DataFrame:
        """The result as a DataFrame, one row an item."""
        raise TypeError(f"{type(self).__name__} has no table")
