"""A limit on money, checked before each call by an estimate."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from threading import Lock, Thread
from typing import TYPE_CHECKING

from motadata_nb.config import Config
from motadata_nb.errors import BudgetExceeded, InvalidInput, MotadataError, ReadOnlyWorkspace, UnknownName
from motadata_nb.results import Result
from motadata_nb.telemetry.ledger import Reserving, Spending
from motadata_nb.telemetry.prices import money

if TYPE_CHECKING:
    from motadata_nb.cards import Card

__all__ = ["Budget", "BudgetStatus", "Estimate", "PERIODS", "Reserved"]

PERIODS = ("notebook", "day", "tenant")
# What a session beside this one has spent is seen after so long, and the half second until it has written its ledger.
_FRESH_S = 0.25


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What a call will cost. `dollars` is None when the price is not known."""

    input_tokens: int
    output_tokens: int
    dollars: float | None


@dataclass(frozen=True, slots=True)
class Reserved:
    """Money set aside for a call, in US dollars; in the ledger, where it has a number."""

    dollars: float = 0.0
    number: int | None = None


@dataclass(frozen=True, kw_only=True)
class BudgetStatus(Result):
    """The budget and what is left of it, in US dollars."""

    limit: float
    per: str
    spent: float
    unpriced: int
    """Calls in this session whose price is not known; they are not in `spent`."""

    @property
    def left(self) -> float | None:
        """What may still be spent; None without a limit."""
        return max(0.0, self.limit - self.spent) if self.limit else None

    def _card(self) -> Card:
        from motadata_nb.cards import Card, Section, counted

        if not self.limit:
            since = {"day": "today", "tenant": "by this tenant"}.get(self.per, "in this notebook")
            status: tuple[str, ...] = ("no budget", f"{money(self.spent)} spent {since}")
        else:
            status = (
                f"{money(self.spent)} of {money(self.limit)} spent per {self.per}",
                f"{money(self.left or 0)} left",
            )
        attention = (f"not counted: {counted(self.unpriced, 'call')} of unknown price",) if self.unpriced else ()
        share = min(1.0, self.spent / self.limit) if self.limit else None
        sections = () if share is None else (Section(title="Used", content=f"{share:.0%}"),)
        return Card(status=status, attention=attention, sections=sections)


class Budget:
    """Counts money. A ledger that knows what other sessions spend makes limits per day and tenant hold for all."""

    def __init__(self, config: Config, ledger: object = None) -> None:
        self._config = config
        self._history = ledger.spent if isinstance(ledger, Spending) else None
        self._shared = ledger if isinstance(ledger, Reserving) else None
        self._lock = Lock()
        self._session = 0.0
        self._today: tuple[str, float] = ("", 0.0)
        self._others: tuple[str, float, float] = ("", 0.0, float("-inf"))
        self._reserved = 0.0
        self.unpriced = 0

    @property
    def limited(self) -> bool:
        """Whether there is a limit."""
        return bool(self._config["budget"])

    def set(self, limit: float, per: str) -> None:
        """Set the limit for this session; 0 removes it."""
        if per not in PERIODS:
            raise UnknownName("period", per, PERIODS, example="%budget 0.50 --per {}")
        if limit < 0:
            raise InvalidInput("A budget cannot be negative.", "Try: %budget 0.50 --per day, or %budget 0 for none")
        self._config.set("budget", limit)
        self._config.set("budget_per", per)

    def status(self) -> BudgetStatus:
        """Limit and spending."""
        per = self._period()
        with self._lock:
            spent = self._spent(per)
        return BudgetStatus(limit=float(self._config["budget"]), per=per, spent=spent, unpriced=self.unpriced)

    async def reserve(self, estimate: Estimate, model: str) -> Reserved:
        """Before a call: set its money aside. Raises BudgetExceeded when it would pass the limit."""
        limit = float(self._config["budget"])
        if not limit or estimate.dollars == 0:
            return Reserved()
        wanted, per = estimate.dollars or 0.0, self._period()
        if self._shared is None or per == "notebook":
            return self._reserve_here(wanted, limit, per, model)
        taken = asyncio.ensure_future(
            asyncio.to_thread(self._shared.reserve, wanted, limit, _midnight() if per == "day" else 0.0)
        )
        try:
            number, spent = await asyncio.shield(taken)
        except asyncio.CancelledError:
            taken.add_done_callback(lambda done: self._give_back(done.result()[0]))
            raise
        except ReadOnlyWorkspace:
            return self._reserve_here(wanted, limit, per, model)
        if number is None:
            raise _exceeded(model, wanted, spent, limit, per)
        return Reserved(number=number)

    def _reserve_here(self, wanted: float, limit: float, per: str, model: str) -> Reserved:
        with self._lock:
            spent = self._spent(per)
            if spent + self._reserved + wanted > limit or spent >= limit:
                raise _exceeded(model, wanted, spent + self._reserved, limit, per)
            self._reserved += wanted
        return Reserved(wanted)

    def settle(self, reserved: Reserved, cost: float | None) -> None:
        """After a call: what was set aside becomes what was spent; in the ledger, its row takes the place."""
        with self._lock:
            self._reserved = max(0.0, self._reserved - reserved.dollars)
            if cost is None:
                self.unpriced += 1
            elif cost:
                self._session += cost
                day = _day()
                self._today = (day, cost + (self._today[1] if self._today[0] == day else 0.0))

    def cancel(self, reserved: Reserved) -> None:
        """The call was not made: nothing is set aside for it any more."""
        self.settle(reserved, 0.0)
        self._give_back(reserved.number)

    def _give_back(self, number: int | None) -> None:
        if self._shared is not None and number is not None:
            Thread(target=_quietly, args=(self._shared.release, number), daemon=True).start()

    def _period(self) -> str:
        per = str(self._config["budget_per"])
        if per not in PERIODS:
            raise UnknownName("period", per, PERIODS, example="%budget 0.50 --per {}")
        return per

    def _spent(self, per: str) -> float:
        if per == "notebook":
            return self._session
        day = _day()
        own = self._session if per == "tenant" else self._today[1] if self._today[0] == day else 0.0
        return own + self._of_others(day if per == "day" else "", own)

    def _of_others(self, day: str, own: float) -> float:
        """What earlier sessions have spent, and those that run beside this one; all of it when there is no day."""
        if self._history is None:
            return 0.0
        key, spent, asked = self._others
        if key != day or time.monotonic() - asked > _FRESH_S:
            # The ledger has this session's calls too, which are counted here as soon as they end.
            spent = max(0.0, self._history(_midnight() if day else 0.0) - own)
            self._others = (day, spent, time.monotonic())
        return spent


def _day() -> str:
    return time.strftime("%Y-%m-%d")


def _midnight() -> float:
    return datetime.now().replace(hour=0, minute=0, second=0, microsecond=0).timestamp()


def _quietly(release: Callable[[int], None], number: int) -> None:
    with suppress(MotadataError):  # It ends with this process at the latest.
        release(number)


def _exceeded(model: str, wanted: float, spent: float, limit: float, per: str) -> BudgetExceeded:
    would = f"This call to {model} would cost about {money(wanted)}" if wanted else f"The call to {model} was not made"
    return BudgetExceeded(
        f"{would}; {money(spent)} of the {money(limit)} per {per} are spent or set aside.",
        f"Raise the budget: %budget {max(limit * 2, spent + wanted):.2g} --per {per}, or choose a cheaper model=….",
    )
