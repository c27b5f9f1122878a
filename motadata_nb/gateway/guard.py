"""Budget, queue and circuit around one upstream call, and the books kept of it."""

from __future__ import annotations

import time
from dataclasses import astuple
from types import TracebackType
from typing import TYPE_CHECKING

from motadata_nb.errors import GatewayError
from motadata_nb.gateway.base import Delta, Instant, ModelProvider, NoCharge, Usage
from motadata_nb.gateway.budget import Reserved
from motadata_nb.gateway.calls import Call
from motadata_nb.gateway.estimates import estimate, tokens_in
from motadata_nb.gateway.names import Deployment, require_key
from motadata_nb.gateway.warming import Warming
from motadata_nb.telemetry.ledger import CallRow
from motadata_nb.telemetry.prices import price

if TYPE_CHECKING:
    from collections.abc import Callable

    from motadata_nb.gateway.budget import Budget, Estimate
    from motadata_nb.gateway.limits import Gate, Use
    from motadata_nb.gateway.stations import Stations

__all__ = ["Books", "Guard"]


# A date in Retry-After may be years away.
_LONGEST_PAUSE_S = 3600.0


class Books:
    """What guards write into: stations, budget and ledger of one gateway."""

    def __init__(self, stations: Stations, budget: Budget, record: Callable[[CallRow], None]) -> None:
        self.stations = stations
        self.budget = budget
        self.record = record
        self.warming = Warming()


class Guard:
    """An async context around one upstream call. Tell it of the answer with `answered` before leaving."""

    def __init__(
        self, books: Books, call: Call, deployment: Deployment, provider: ModelProvider, kind: str, attempt: int
    ) -> None:
        self._books = books
        self._call = call
        self._deployment = deployment
        self._provider = provider
        self._kind = kind
        self._attempt = attempt
        self._instant = isinstance(provider, Instant)
        self._expected: Estimate | None = None
        self._reserved = Reserved()
        self._tokens = 0.0
        self._held: list[tuple[Gate, Use]] = []
        self.started = time.perf_counter()
        self.first_s: float | None = None
        self._characters = 0
        self.usage: Usage | None = None
        self.cost: float | None = None
        self.done = False

    def came(self, delta: Delta) -> None:
        """A piece of a stream has come."""
        if self.first_s is None:
            self.first_s = time.perf_counter() - self.started
        self._characters += len(delta.text) + len(delta.thinking)

    def answered(self, usage: Usage | None) -> None:
        """The call was answered, with this usage."""
        self.done = True
        self._count(usage)

    def _count(self, usage: Usage | None) -> None:
        self.usage = usage
        if isinstance(self._provider, NoCharge):
            self.cost = 0.0
        elif usage is not None:
            known = price(self._deployment.name)
            self.cost = known.cost(*astuple(usage)) if known else None

    def labelled(self, delta: Delta) -> Delta:
        """The last delta of an answer, with the deployment and the cost."""
        return Delta(
            text=delta.text, thinking=delta.thinking, tool_calls=delta.tool_calls, usage=delta.usage, cost=self.cost,
            finish_reason=delta.finish_reason, model=self._deployment.name, provider=self._deployment.provider,
        )  # fmt: skip

    async def __aenter__(self) -> Guard:
        call = self._call
        if not self._instant:
            try:
                await self._enter()
            except BaseException:
                self._release()
                self._books.budget.cancel(self._reserved)
                raise
        now = time.perf_counter()
        call.queued_s += now - self.started
        self.started = now
        call.until = min(call.until, now + call.timeout_s)
        return self

    async def _enter(self) -> None:
        call, stations = self._call, self._books.stations
        require_key(self._deployment, call.options)
        await self._books.warming.ready(self._deployment.provider, self._provider)
        self._station = stations.at(self._deployment, call.route.name)
        tenant = stations.tenant(call.tenant)
        gates = [self._station.gate] if tenant is None else [tenant, self._station.gate]
        if self._books.budget.limited or any(gate.limit.tpm is not None for gate in gates):
            self._expected = estimate(call, self._deployment, self._provider)
            self._tokens = float(self._expected.input_tokens + self._expected.output_tokens)
            self._reserved = await self._books.budget.reserve(self._expected, self._deployment.name)
        if self._attempt:
            call.priority += 1  # A call that was sent back does not queue behind those that came after it.
        patience = min(call.timeout_s, call.remaining_s)
        self._station.gate.check(patience)
        for gate in gates:
            use = gate.try_enter(self._tokens)
            if use is None:
                use = await self._wait(gate, patience)
            self._held.append((gate, use))
        self._ticket = self._station.breaker.enter()

    async def _wait(self, gate: Gate, patience: float) -> Use:
        call, began = self._call, time.perf_counter()
        try:
            return await gate.wait(
                self._tokens, priority=call.priority, group=call.cell, deadline_s=call.patience_s,
                told=call.on_queue, patience_s=patience,
            )  # fmt: skip
        finally:
            call.waited_s += time.perf_counter() - began

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._instant:
            self._note(error)
            if not self.done and self.first_s is not None:
                # A stream that was left is paid for as far as it came, and nobody sends the count.
                read = estimate(self._call, self._deployment, self._provider).input_tokens
                self._count(Usage(input_tokens=read, output_tokens=tokens_in(self._characters)))
            self._release()
            self._books.budget.settle(self._reserved, self._spent())
        self._books.record(self._row(error))

    def _spent(self) -> float | None:
        """US dollars for the budget: what was estimated, when the server does not count."""
        if self.cost is None and self.done and self.usage is None and self._expected is not None:
            return self._expected.dollars
        return self.cost if self.cost is not None or self.done else 0.0

    def _release(self) -> None:
        for gate, use in reversed(self._held):
            if self.usage is not None:
                use.tokens = float(self.usage.input_tokens + self.usage.output_tokens)
            gate.leave(use, self._tokens)
        self._held.clear()

    def _note(self, error: BaseException | None) -> None:
        station = self._station
        if self.done:
            written = self.usage.output_tokens if self.usage is not None else 0
            station.breaker.leave(None, self._ticket)
            station.vitals.worked(time.perf_counter() - self.started, self.first_s, written)
            return
        station.breaker.leave(error or GeneratorExit(), self._ticket)
        if isinstance(error, GatewayError):
            station.vitals.broke(error.what)
        pause = getattr(error, "retry_after_s", None)
        if pause:
            station.gate.close_for(min(pause, _LONGEST_PAUSE_S))

    def _row(self, error: BaseException | None) -> CallRow:
        seconds = time.perf_counter() - self.started
        usage = self.usage or _NOTHING
        left = None if self.done else "Interrupted"
        name = type(error).__name__ if isinstance(error, Exception) else left
        return CallRow(
            at=time.time() - seconds, kind=self._kind, model=self._deployment.name, tenant=self._call.tenant,
            cost=self.cost, input_tokens=usage.input_tokens, output_tokens=usage.output_tokens,
            cached_tokens=usage.cached_tokens, seconds=seconds, error=name, cell=self._call.cell,
            reservation=self._reserved.number,
        )  # fmt: skip


_NOTHING = Usage()
