"""The gateway: what `ws.gateway` is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from motadata_nb.aio import run
from motadata_nb.cache.base import Cache
from motadata_nb.config import Config
from motadata_nb.errors import InvalidInput
from motadata_nb.gateway.base import Checkable, Instant, Usage
from motadata_nb.gateway.budget import Budget, BudgetStatus
from motadata_nb.gateway.calls import Call
from motadata_nb.gateway.completion import Completion, CompletionStream, PlainStream
from motadata_nb.gateway.conversation import Conversations, Turns
from motadata_nb.gateway.dispatch import Dispatcher
from motadata_nb.gateway.embedders import EMBEDDERS
from motadata_nb.gateway.estimates import estimate
from motadata_nb.gateway.guard import Books
from motadata_nb.gateway.names import Deployment, Route, route
from motadata_nb.gateway.path import CallPath
from motadata_nb.gateway.preparing import prepared
from motadata_nb.gateway.providers import Providers
from motadata_nb.gateway.responses import fingerprint
from motadata_nb.gateway.stations import Station, Stations
from motadata_nb.gateway.warming import warm
from motadata_nb.telemetry.ledger import CallRow, Ledger

if TYPE_CHECKING:
    from concurrent.futures import Future

    import numpy as np
    from numpy.typing import NDArray

    from motadata_nb.gateway.batching import Batcher
    from motadata_nb.gateway.cassettes import CassetteStatus
    from motadata_nb.gateway.health import Health
    from motadata_nb.gateway.preview import Preview, Queue
    from motadata_nb.gateway.schema import Schema

__all__ = ["Gateway"]

Prompt = Any
"""A text, one message, a sequence of messages, or any value that a model can be shown."""


class Gateway:
    """One door to every model.

    `folder` is where the response cache lies; without one, it stays in memory. `ledger` gets a row for each call; one
    that is `Reserving` too lets budgets count other sessions. `turns` keeps conversations.
    """

    def __init__(
        self,
        config: Config | None = None,
        *,
        folder: Path | None = None,
        ledger: Ledger | None = None,
        turns: Turns | None = None,
        tenant: str = "default",
    ) -> None:
        self.config = config or Config()
        self.folder = folder
        self.tenant = tenant
        self._ledger = ledger
        self._providers = Providers()
        self._stations = Stations(self.config)
        self._budget = Budget(self.config, ledger)
        self._dispatcher = Dispatcher(Books(self._stations, self._budget, self._record), self._providers.get)
        self._path = CallPath(self._dispatcher, folder, self._record)
        self._conversations = Conversations(turns)

    def __repr__(self) -> str:
        kept = "memory" if self.folder is None else "disk"
        shown = [f"model={self.config['model']!r}", f"cache={kept if self.config['cache'] else 'off'!r}"]
        if self._path.cassette is not None:
            shown.append(f"cassette={self._path.cassette.status().mode!r}")
        return f"Gateway({', '.join(shown)})"

    # -- completions -------------------------------------------------------------------------------------------------

    async def acomplete(
        self,
        prompt: Prompt,
        model: str | None = None,
        *,
        schema: Any = None,
        tools: Sequence[Any] | None = None,
        **options: Any,
    ) -> Completion:
        """The answer of a model.

        `prompt` is a text or messages in the OpenAI form. `schema` is a pydantic model, a JSON schema or the short form
        `"name, age int"`; the answer is validated, repaired once, and lies in `.data`. `tools` are functions, specs or
        OpenAI dictionaries; calls of them lie in `.tool_calls`.

        Options of the gateway: `system`, `images`, `documents`, `api_base`, `api_key`, `timeout_s`, `deadline_s` (of
        the wait in the queue), `retries`, `priority`, `cache`, `dedup`, `tags`, `prompt_version`, `cell`, `on_queue`,
        `thread` (a conversation: what was said goes before, and this turn is kept).
        All others go to the provider: `temperature`, `max_tokens`, …

        Raises errors of `motadata_nb.errors`: UnknownName, InvalidInput, GatewayError and its kinds.
        """
        wanted = _schema(schema)
        call = self._call(prompt, model, wanted, tools, options)
        completion = self._path.kept(call, wanted) or await self._path.fresh(call, wanted)
        return self._conversations.kept(call, completion)

    def astream(
        self,
        prompt: Prompt,
        model: str | None = None,
        *,
        schema: Any = None,
        tools: Sequence[Any] | None = None,
        **options: Any,
    ) -> CompletionStream:
        """The answer in pieces, as `acomplete` otherwise; `.completion` at the end.

        Leaving it closes the connection upstream.
        """
        wanted = _schema(schema)
        call = self._call(prompt, model, wanted, tools, options)
        return self._path.stream(call, wanted, lambda completion: self._conversations.kept(call, completion))

    @overload
    def complete(
        self, prompt: Prompt, model: str | None = None, stream: Literal[False] = False, schema: Any = None,
        tools: Sequence[Any] | None = None, **options: Any,
    ) -> Completion: ...  # fmt: skip

    @overload
    def complete(
        self, prompt: Prompt, model: str | None = None, *, stream: Literal[True], schema: Any = None,
        tools: Sequence[Any] | None = None, **options: Any,
    ) -> PlainStream: ...  # fmt: skip

    def complete(
        self,
        prompt: Prompt,
        model: str | None = None,
        stream: bool = False,
        schema: Any = None,
        tools: Sequence[Any] | None = None,
        **options: Any,
    ) -> Completion | PlainStream:
        """The plain twin of `acomplete`; with `stream=True` of `astream`."""
        if stream:
            return PlainStream(self.astream(prompt, model, schema=schema, tools=tools, **options))
        # What is in the cache is answered here: no thread is woken for it.
        wanted = _schema(schema)
        call = self._call(prompt, model, wanted, tools, options)
        completion = self._path.kept(call, wanted) or run(self._path.fresh(call, wanted))
        return self._conversations.kept(call, completion)

    def preview(
        self,
        prompt: Prompt,
        model: str | None = None,
        *,
        schema: Any = None,
        tools: Sequence[Any] | None = None,
        **options: Any,
    ) -> Preview:
        """The final messages, tokens and price of a call that is not made."""
        from motadata_nb.gateway.preview import Preview

        call = self._call(prompt, model, _schema(schema), tools, options)
        first = call.route.deployments[0]
        return Preview(
            messages=tuple(call.messages),
            tools=call.tools,
            model=first.name,
            provider=first.provider,
            estimate=estimate(call, first, self._providers.get(first.provider)),
            cached=bool(call.key and call.use_cache and self._path.responses.find(call) is not None),
        )

    # -- embeddings --------------------------------------------------------------------------------------------------

    async def aembed(self, texts: Sequence[str], model: str | None = None, **options: Any) -> NDArray[np.float32]:
        """Vectors, float32, texts × dimensions. Without a model the bundled one, on this machine.

        Calls that are made at the same time travel together; a text that is refused fails only its own call.
        """
        import numpy as np

        given = [texts] if isinstance(texts, str) else list(texts)
        if not all(isinstance(text, str) for text in given):
            raise InvalidInput("Only texts can be embedded.", "Try: ws.gateway.embed(['one', 'two'])")
        if not given:
            return np.zeros((0, 0), np.float32)
        call = prepared((), self._embedding_route(model, options), self.config, self.tenant, None, (), options)

        async def ask() -> tuple[NDArray[np.float32], Usage]:
            if isinstance(self._providers.get(call.route.deployments[0].provider), Instant):
                return await self._dispatcher.embed(given, call)
            return await self._batcher.embed(given, fingerprint(call), send), Usage()

        async def send(batch: Sequence[str]) -> NDArray[np.float32]:
            return (await self._dispatcher.embed(batch, replace(call, until=float("inf"))))[0]

        if self._path.cassette is not None:
            return (await self._path.cassette.embed(given, call, ask))[0]
        return (await ask())[0]

    def embed(self, texts: Sequence[str], model: str | None = None, **options: Any) -> NDArray[np.float32]:
        """The plain twin of `aembed`."""
        return run(self.aembed(texts, model, **options))

    # -- looking and steering ----------------------------------------------------------------------------------------

    @property
    def cache(self) -> Cache:
        """The response cache: `.stats()`, and `.drop(tags=["model:openai/gpt-5-mini"])`, or everything without tags."""
        return self._path.responses.cache

    def budget(self, limit: float | None = None, per: str | None = None) -> BudgetStatus:
        """The budget in US dollars per notebook, day or tenant; set first, when a limit is given. 0 removes it."""
        if limit is not None or per is not None:
            current = self._budget.status()
            self._budget.set(current.limit if limit is None else limit, per or current.per)
        return self._budget.status()

    def cassette(self, mode: str | None = None, path: str | Path | None = None) -> CassetteStatus:
        """What the cassette does; `"record"` or `"replay"` with a path puts one in, `"off"` takes it out."""
        from motadata_nb.gateway.cassettes import CassetteStatus, put_in

        before = self._path.cassette.status() if self._path.cassette is not None else CassetteStatus(mode="off")
        if mode is None:
            return before
        again = before.path is not None and path is not None and before.path.absolute() == Path(path).absolute()
        if again and self._path.cassette is not None:
            self._path.cassette.close()  # It lets go of the file.
        after = put_in(mode, path)
        if self._path.cassette is not None:
            self._path.cassette.close()
        self._path.cassette = after
        return after.status() if after is not None else replace(before, mode="off")

    async def ahealth(self, *, active: bool = False) -> Health:
        """How each deployment does. `active` also asks each whether it is there, where that costs nothing."""
        from motadata_nb.gateway.health import Health, health_of

        for name in self.config["models"]:
            for deployment in route(name, self.config).deployments:
                self._stations.at(deployment, name)
        if active:
            await self._check_all()
        return Health(rows=tuple(health_of(station) for station in self._stations.all()))

    def health(self, *, active: bool = False) -> Health:
        """The plain twin of `ahealth`."""
        return run(self.ahealth(active=active))

    async def _check_all(self) -> None:
        await asyncio.gather(*(self._check(station) for station in self._stations.all()))

    async def _check(self, station: Station) -> None:
        from motadata_nb.gateway.health import check

        provider = self._providers.get(station.deployment.provider)
        if isinstance(provider, Checkable):
            call = prepared((), _only(station.deployment), self.config, self.tenant, None, (), {})
            await check(station, provider, call.request(station.deployment))

    def queue(self) -> Queue:
        """The calls that wait for a limit."""
        from motadata_nb.gateway.preview import Queue, QueuePlace

        now = time.monotonic()
        return Queue(
            rows=tuple(
                QueuePlace(model=gate.name, position=n, priority=-int(w.order[0]), waited_s=now - w.since)
                for gate in self._stations.gates()
                for n, w in enumerate(gate.queue(), 1)
            )
        )

    def warm(self, model: str | None = None) -> Future[None]:
        """Import in a thread what the first call of a model would wait for."""
        provider = route(model, self.config).deployments[0].provider
        return warm(self._providers.get(provider))

    async def aclose(self) -> None:
        """Close the connections of this event loop."""
        await self._providers.aclose()

    def close(self) -> None:
        """Close everything that is open in this process but connections of other event loops."""
        run(self.aclose())
        self._path.close()
        flush = getattr(self._ledger, "flush", None)
        if flush is not None:
            flush()

    # -- parts -------------------------------------------------------------------------------------------------------

    def _call(
        self,
        prompt: Any,
        model: str | None,
        schema: Schema | None,
        tools: Sequence[Any] | None,
        options: dict[str, Any],
    ) -> Call:
        base, key = options.pop("api_base", None) or "", options.pop("api_key", None) or ""
        found = route(model, self.config, api_base=base, api_key=key)
        history = self._conversations.history(options.get("thread"))
        call = prepared(prompt, found, self.config, self.tenant, schema, tools or (), options, history)
        if any(not isinstance(self._providers.get(d.provider), Instant) for d in found.deployments):
            call.key = fingerprint(call)
        return call

    @cached_property
    def _batcher(self) -> Batcher:
        from motadata_nb.gateway.batching import Batcher

        return Batcher()

    def _embedding_route(self, model: str | None, options: dict[str, Any]) -> Route:
        name = model or self.config["embedder"]
        base, key = options.pop("api_base", None) or "", options.pop("api_key", None) or ""
        if name in EMBEDDERS.names() and not base:
            return _only(Deployment(name=name, provider="embedder", model=name))
        return route(name, self.config, api_base=base, api_key=key)

    def _record(self, row: CallRow) -> None:
        if self._ledger is not None:
            self._ledger.record(row)


def _schema(form: Any) -> Schema | None:
    if form is None:
        return None
    from motadata_nb.gateway.schema import as_schema

    return as_schema(form)


def _only(deployment: Deployment) -> Route:
    return Route(name=deployment.name, deployments=(deployment,))
