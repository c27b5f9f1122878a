"""Any server that speaks the OpenAI protocol, reached directly.

On aiohttp, which LiteLLM brings: measured against one server in one run, a call takes 0.3 ms, with httpx 1.6 ms, with
the openai SDK 2.9 ms, and 400 calls at once run ten times as fast as over httpx.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from motadata_nb.errors import BadRequest, GatewayError, InvalidInput
from motadata_nb.gateway.addresses import address
from motadata_nb.gateway.base import ChatRequest, Delta, Usage
from motadata_nb.gateway.failures import from_status, not_a_model_server, unreachable
from motadata_nb.gateway.http_session import close_session, open_session, secure
from motadata_nb.gateway.loops import PerLoop
from motadata_nb.gateway.openai_answers import completion_of, names_of, vectors_of
from motadata_nb.gateway.openai_body import chat_body, embedding_body, encoded, given_up
from motadata_nb.gateway.openai_stream import Reader
from motadata_nb.gateway.vendors import VENDORS

if TYPE_CHECKING:
    import aiohttp
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["OpenAIModel"]


class OpenAIModel:
    """The provider behind `openai/…`, `groq/…`, `openrouter/…` and others, and behind any name with an `api_base`."""

    def __init__(self) -> None:
        self._sessions: PerLoop[aiohttp.ClientSession] = PerLoop(open_session, close_session)
        # What a model was found not to take, so that it is asked only once.
        self._refused: dict[tuple[str, str], set[str]] = {}

    async def complete(self, request: ChatRequest) -> Delta:
        """The whole answer."""
        found = await self._post(request, "/chat/completions", lambda refused: chat_body(request, refused))
        return completion_of(found, request)

    async def stream(self, request: ChatRequest) -> AsyncIterator[Delta]:
        """The answer in pieces; leaving closes the connection."""
        reader = Reader(request)
        try:
            async with _Mapped(request, reader), await self._open(request, reader) as response:
                async for line in response.content:
                    for delta in reader.feed(line):
                        yield delta
                    if reader.done:
                        return
            for delta in reader.finish():
                yield delta
        finally:
            reader.leave()

    async def embed(self, texts: Sequence[str], request: ChatRequest) -> tuple[NDArray[np.float32], Usage]:
        """Vectors in the order of the texts."""
        found = await self._post(request, "/embeddings", lambda refused: embedding_body(texts, request, refused))
        return vectors_of(found, len(texts), request)

    @staticmethod
    def warm() -> None:
        """Import the HTTP client."""
        import_module("aiohttp")

    async def check(self, request: ChatRequest) -> None:
        """Asks for the list of models, which costs nothing."""
        # Some servers have no such list; that they say so is a sign of life.
        await self._listed(request, allowed=(200, 404, 405))

    async def models(self, request: ChatRequest) -> list[str]:
        """The names that the server has for its models."""
        return names_of(await self._listed(request, allowed=(200,)))

    async def aclose(self) -> None:
        """Close the connections of this loop."""
        await self._sessions.aclose()

    async def _listed(self, request: ChatRequest, allowed: Sequence[int]) -> str:
        session = await self._sessions.get()
        url, headers = _url(request, "/models"), _headers(request)
        async with _Mapped(request), session.get(url, headers=headers, ssl=secure(url)) as response:
            if response.status not in allowed:
                raise await _refusal(response, request)
            return await response.text("utf-8", "replace")

    async def _open(self, request: ChatRequest, reader: Reader) -> aiohttp.ClientResponse:
        response = await self._send(
            request, "/chat/completions", lambda refused: chat_body(request, refused, streaming=True)
        )
        kind = response.content_type
        if kind != "text/event-stream":
            text = (await response.content.read(2000)).decode("utf-8", "replace")
            response.close()
            raise not_a_model_server(kind, text, model=request.shown, secrets=request.secrets)
        reader.response = response
        return response

    async def _post(self, request: ChatRequest, path: str, body: Callable[[set[str]], dict[str, Any]]) -> Any:
        async with _Mapped(request), await self._send(request, path, body) as response:
            raw = await response.read()
            try:
                return json.loads(raw)
            except ValueError:
                kind = response.content_type
                start = raw[:2000].decode("utf-8", "replace")
                raise not_a_model_server(kind, start, model=request.shown, secrets=request.secrets) from None

    async def _send(
        self, request: ChatRequest, path: str, body: Callable[[set[str]], dict[str, Any]]
    ) -> aiohttp.ClientResponse:
        """The open answer, asked for again without an option that this model turns out not to take."""
        session = await self._sessions.get()
        url, headers = _url(request, path), {"content-type": "application/json"} | _headers(request)
        refused = self._refused.setdefault((request.api_base, request.name), set())
        while True:
            asked = body(refused)
            response = await session.post(
                url, data=encoded(asked), headers=headers, ssl=secure(url), allow_redirects=False
            )
            if response.status == 200:
                return response
            error = await _refusal(response, request)
            extra = given_up(asked, error.what) if isinstance(error, BadRequest) else None
            if extra is None:
                raise error
            refused.add(extra)


def _base(request: ChatRequest) -> str:
    return request.api_base or VENDORS[request.vendor].base


def _url(request: ChatRequest, path: str) -> str:
    return address(_base(request), path, bool(request.api_key))


def _headers(request: ChatRequest) -> dict[str, str]:
    headers = {"authorization": f"Bearer {request.api_key}"} if request.api_key else {}
    vendor = VENDORS.get(request.vendor)
    for name, variable in vendor.headers.items() if vendor is not None else ():
        if os.environ.get(variable):
            headers[name] = os.environ[variable]
    return headers | (request.options.get("extra_headers") or {})


async def _refusal(response: aiohttp.ClientResponse, request: ChatRequest) -> GatewayError:
    async with response:
        text = await response.text("utf-8", "replace")
        return from_status(response.status, text, response.headers, model=request.shown, secrets=request.secrets)


class _Mapped:
    """Turns what aiohttp raises into errors of this package."""

    def __init__(self, request: ChatRequest, reader: Reader | None = None) -> None:
        self._request = request
        self._reader = reader

    async def __aenter__(self) -> None:
        return None

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception) and not isinstance(error, GatewayError | InvalidInput):
            mapped = self._map(error)
            if mapped is not None:
                raise mapped from None

    def _map(self, error: Exception) -> Exception | None:
        import aiohttp

        if isinstance(error, aiohttp.InvalidURL):
            return InvalidInput(
                f"api_base is not an address: {self._request.api_base!r}", "Try: api_base='http://…/v1'"
            )
        if isinstance(error, aiohttp.ClientError | OSError) and not isinstance(error, TimeoutError):
            detail = str(error).strip() or type(error).__name__
            if self._reader is not None and self._reader.text:
                return self._reader.broken(detail)
            request = self._request
            return unreachable(_base(request), detail, model=request.shown, secrets=request.secrets)
        return None
