"""%budget: where to stop."""

from __future__ import annotations

from typing import Any

from motadata_nb.errors import InvalidInput
from motadata_nb_magics.grammar import OUT, Call, Command, option

__all__ = ["LINE"]


def _budget(call: Call) -> Any:
    return call.session.workspace.gateway.budget(_amount(call["limit"]) if call["limit"] else None, call["per"])


def _amount(text: str) -> float:
    try:
        amount = 0.0 if text == "off" else float(text.removeprefix("$"))
    except ValueError:
        raise InvalidInput(f"{text} is not an amount of US dollars.", "Try: %budget 2.50 --per day") from None
    if not 0 <= amount < float("inf"):
        raise InvalidInput(f"{text} cannot be a budget.", "Try: %budget 2.50 --per day, or %budget off")
    return amount


LINE = Command(
    run=_budget,
    summary="The budget in US dollars; no call is made that would pass it.",
    arguments=(option("limit", "an amount, or off.", default=""),),
    options=(option("--per", "What it counts.", choices=("notebook", "day", "tenant")), OUT),
    examples=("%budget", "%budget 2.50 --per day", "%budget off"),
)
