"""Any server that speaks the OpenAI protocol, reached directly.

On aiohttp, which LiteLLM brings: measured against one server in one run, a call takes 0.3 ms, with httpx 1.6 ms, with
the openai SDK 2.9 ms, and 400 calls at once run ten times as fast as over httpx.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from motadata_nb.errors import BadRequest, GatewayError, InvalidInput
from motadata_nb.gateway.addresses import address
from motadata_nb.gateway.base import ChatRequest, Delta, Usage
from motadata_nb.gateway.failures import from_status, not_a_model_server
from motadata_nb.gateway.http_faults import Mapped
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
        return completion_of(
            await self._post(request, "/chat/completions", lambda refused: chat_body(request, refused)), request
        )

    async def stream(self, request: ChatRequest) -> AsyncIterator[Delta]:
        """The answer in pieces; leaving closes the connection."""
        reader = Reader(request)
        try:
            async with Mapped(request, _base(request), reader), await self._open(request) as response:
                if response.content_type == "application/json":  # A server that does not stream says so with the whole.
                    yield _whole(await response.read(), response, request)
                    return
                reader.response = response
                async for chunk in response.content.iter_any():
                    _check_start(chunk, reader, request)
                    for delta in reader.feed(chunk):
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
        async with Mapped(request, _base(request)), session.get(url, headers=headers, ssl=secure(url)) as response:
            if response.status not in allowed:
                raise await _refusal(response, request)
            return await response.text("utf-8", "replace")

    async def _open(self, request: ChatRequest) -> aiohttp.ClientResponse:
        return await self._send(
            request, "/chat/completions", lambda refused: chat_body(request, refused, streaming=True)
        )

    async def _post(self, request: ChatRequest, path: str, body: Callable[[set[str]], dict[str, Any]]) -> Any:
        async with Mapped(request, _base(request)), await self._send(request, path, body) as response:
            return _value(await response.read(), response, request)

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
    headers: dict[str, str] = {"authorization": f"Bearer {request.api_key}"} if request.api_key else {}
    vendor = VENDORS.get(request.vendor)
    for name, variable in vendor.headers.items() if vendor is not None else ():
        if os.environ.get(variable):
            headers[name] = os.environ[variable]
    extra = request.options.get("extra_headers") or {}
    if not isinstance(extra, Mapping):
        raise InvalidInput("extra_headers is not a dictionary.", "Try: extra_headers={'x-team': 'search'}")
    return headers | {str(name): str(value) for name, value in extra.items()}


def _value(raw: bytes, response: aiohttp.ClientResponse, request: ChatRequest) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        start = raw[:2000].decode("utf-8", "replace")
        raise not_a_model_server(response.content_type, start, model=request.shown, secrets=request.secrets) from None


def _whole(raw: bytes, response: aiohttp.ClientResponse, request: ChatRequest) -> Delta:
    return completion_of(_value(raw, response, request), request)


def _check_start(chunk: bytes, reader: Reader, request: ChatRequest) -> None:
    """Raises BadResponse for what begins as no stream of events does, unless the server calls it one."""
    response = reader.response
    if reader.begun or response is None:
        return
    if response.content_type != "text/event-stream" and not chunk.lstrip().startswith(_STARTS):
        start = chunk[:2000].decode("utf-8", "replace")
        raise not_a_model_server(response.content_type, start, model=request.shown, secrets=request.secrets)


_STARTS = (b"data:", b"event:", b"id:", b"retry:", b":")


async def _refusal(response: aiohttp.ClientResponse, request: ChatRequest) -> GatewayError:
    async with response:
        text = await response.text("utf-8", "replace")
        return from_status(response.status, text, response.headers, model=request.shown, secrets=request.secrets)
