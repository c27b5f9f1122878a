"""%cost: what calls cost."""

from __future__ import annotations

from typing import Any

from motadata_nb_magics.grammar import OUT, Call, Command, option

__all__ = ["LINE"]


def _cost(call: Call) -> Any:
    return call.session.workspace.cost(call["by"])


LINE = Command(
    run=_cost,
    summary="What calls cost: tokens, money and time.",
    options=(option("--by", "Rows of the table.", choices=("model", "day", "cell"), default="model"), OUT),
    examples=("%cost", "%cost --by day"),
)
