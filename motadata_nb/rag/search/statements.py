"""Financial statements that a question names, under any of their names: "the P&L" and "Consolidated Statements of
Operations".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from motadata_nb.embeddings.passages import HEADING_SEPARATOR

__all__ = ["Statement", "asked_statements"]

_OF = r"statements?\s+of\s+(?:consolidated\s+)?"
_ASKED: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        rf"(?<!off.)\bbalance\s+sheets?\b|\b{_OF}financial\s+(?:position|condition)\b",
        ("balance sheet", "balance sheets", "statement of financial position", "statements of financial condition"),
    ),
    (
        rf"\bincome\s+statements?\b|\b{_OF}(?:income|operations|earnings|profit\s+(?:or|and)\s+loss)\b"
        r"|\bprofit\s+(?:and|&)\s+loss\b|\bp\s?(?:&|and)\s?l\b",
        ("income statement", "statements of income", "statements of operations", "statements of earnings",
         "statement of profit or loss"),
    ),
    (
        rf"\bcash[\s-]flows?\s+statements?\b|\b{_OF}cash[\s-]flows?\b",
        ("statements of cash flows", "statement of cash flows", "cash flow statement"),
    ),
)  # fmt: skip
"""How a question may call a statement, and phrases by which the words of its title are looked up."""
_HEAD = 400
"""Characters at the beginning of a passage in which its title stands."""
_LONGEST = 120
"""Characters of a line that may be a title."""
_NUMBER = re.compile(r"(?<![\w.])\(?[$\u20ac\u00a3]?\s?\(?\d[\d,.]*\)?%?(?![\w.])")
_ROWS = 5
"""Lines with numbers from which a passage is part of a table."""


@dataclass(frozen=True)
class Statement:
    """A kind of financial statement."""

    name: re.Pattern[str]
    phrases: tuple[str, ...]
    """Words that stand in its title."""

    def is_in(self, heading: str, text: str) -> bool:
        """Whether a passage is a part of the statement itself: under its title, rows of numbers."""
        titled = any(self._titles(line) for line in (*heading.split(HEADING_SEPARATOR), *text[:_HEAD].split("\n")))
        return titled and sum(len(_NUMBER.findall(line)) > 0 for line in text.split("\n")) >= _ROWS

    def _titles(self, line: str) -> bool:
        """Whether the line is a title that ends with the name, with a unit or a company behind it."""
        if len(line) > _LONGEST:
            return False
        title = re.split(r"[\t(:]", line, maxsplit=1)[0].rstrip()
        return any(match.end() == len(title) for match in self.name.finditer(title))


_KNOWN = tuple(Statement(re.compile(name, re.IGNORECASE), phrases) for name, phrases in _ASKED)


def asked_statements(question: str) -> Iterator[Statement]:
    """The statements that *question* names."""
    return (statement for statement in _KNOWN if statement.name.search(question))
