"""Any server that speaks the OpenAI protocol, reached directly.

On aiohttp, which LiteLLM brings: measured against one server in one run, a call takes 0.3 ms, with httpx 1.6 ms, with
the openai SDK 2.9 ms, and 400 calls at once run ten times as fast as over httpx.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from motadata_nb.errors import BadRequest, BadResponse, GatewayError, InvalidInput, StreamBroken
from motadata_nb.gateway.addresses import address
from motadata_nb.gateway.base import ChatRequest, Delta, Usage
from motadata_nb.gateway.failures import from_event, from_status, not_a_model_server, unreachable
from motadata_nb.gateway.loops import PerLoop
from motadata_nb.gateway.messages import tool_payload
from motadata_nb.gateway.pieces import Fragments, tool_calls, usage_of
from motadata_nb.gateway.prefix import cache_key

if TYPE_CHECKING:
    import aiohttp
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["OpenAIModel"]


class OpenAIModel:
    """The provider behind `openai/…` with an `api_base`."""

    def __init__(self) -> None:
        self._sessions: PerLoop[aiohttp.ClientSession] = PerLoop(_session, _close)
        # What a server was found not to take, so that it is asked only once.
        self._refused: dict[str, set[str]] = {}

    async def complete(self, request: ChatRequest) -> Delta:
        """The whole answer."""
        async with _Mapped(request):
            found = await self._post(request, "/chat/completions", self._body(request))
        return _whole(found, request)

    async def stream(self, request: ChatRequest) -> AsyncIterator[Delta]:
        """The answer in pieces; leaving closes the connection."""
        reader = _Reader(request)
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
        body = {"model": request.model, "input": list(texts), "encoding_format": "float", **request.options}
        body.pop("extra_headers", None)
        async with _Mapped(request):
            found = await self._post(request, "/embeddings", body)
        return _vectors(found, len(texts), request)

    @staticmethod
    def warm() -> None:
        """Import the HTTP client."""
        import_module("aiohttp")

    async def check(self, request: ChatRequest) -> None:
        """Asks for the list of models, which costs nothing."""
        session = await self._sessions.get()
        headers = {"authorization": f"Bearer {request.api_key}"} if request.api_key else {}
        url = address(request.api_base, "/models", bool(request.api_key))
        async with _Mapped(request), session.get(url, headers=headers, ssl=_secure(url)) as response:
            # Some servers have no such list; that they say so is a sign of life.
            if response.status not in (200, 404, 405):
                raise from_status(
                    response.status, await response.text("utf-8", "replace"), response.headers,
                    model=_name(request), secrets=request.secrets,
                )  # fmt: skip

    async def aclose(self) -> None:
        """Close the connections of this loop."""
        await self._sessions.aclose()

    def _body(self, request: ChatRequest) -> dict[str, Any]:
        options = {name: value for name, value in request.options.items() if name != "extra_headers"}
        body: dict[str, Any] = {"model": request.model, "messages": list(request.messages), **options}
        if request.api_base.startswith("https://api.openai.com/"):
            body.setdefault("prompt_cache_key", cache_key(request))
        if request.tools:
            body["tools"] = tool_payload(request.tools)
        refused = self._refused.get(request.api_base, ())
        if request.schema is not None and "response_format" in refused:
            body["messages"] = [*request.messages, {"role": "user", "content": _in_words(request.schema)}]
        elif request.schema is not None:
            form = {"name": "answer", "schema": request.schema, "strict": _strict(request.schema)}
            body["response_format"] = {"type": "json_schema", "json_schema": form}
        return body

    async def _open(self, request: ChatRequest, reader: _Reader) -> aiohttp.ClientResponse:
        body = self._body(request) | {"stream": True}
        if "stream_options" not in self._refused.get(request.api_base, ()):
            body["stream_options"] = {"include_usage": True}
        response = await self._send(request, "/chat/completions", body)
        kind = response.content_type
        if kind != "text/event-stream":
            text = (await response.content.read(2000)).decode("utf-8", "replace")
            response.close()
            raise not_a_model_server(kind, text, model=_name(request), secrets=request.secrets)
        reader.response = response
        return response

    async def _post(self, request: ChatRequest, path: str, body: dict[str, Any]) -> Any:
        async with await self._send(request, path, body) as response:
            raw = await response.read()
            try:
                return json.loads(raw)
            except ValueError:
                kind = response.content_type
                start = raw[:2000].decode("utf-8", "replace")
                raise not_a_model_server(kind, start, model=_name(request), secrets=request.secrets) from None

    async def _send(self, request: ChatRequest, path: str, body: dict[str, Any]) -> aiohttp.ClientResponse:
        """The open answer, asked for again without an option that this server turns out not to take."""
        session = await self._sessions.get()
        url = address(request.api_base, path, bool(request.api_key))
        headers = {"content-type": "application/json"}
        if request.api_key:
            headers["authorization"] = f"Bearer {request.api_key}"
        headers |= request.options.get("extra_headers") or {}
        while True:
            data = json.dumps(body, ensure_ascii=False, default=_refuse).encode("utf-8", "replace")
            response = await session.post(url, data=data, headers=headers, ssl=_secure(url), allow_redirects=False)
            if response.status == 200:
                return response
            async with response:
                error = from_status(
                    response.status, await response.text("utf-8", "replace"), response.headers,
                    model=_name(request), secrets=request.secrets,
                )  # fmt: skip
            extra = next((n for n in ("stream_options", "response_format") if n in body and n in error.what), None)
            if not isinstance(error, BadRequest) or extra is None:
                raise error
            self._refused.setdefault(request.api_base, set()).add(extra)
            del body[extra]
            if extra == "response_format":
                body["messages"] = self._body(request)["messages"]


class _Reader:
    """Server-sent events in, deltas out."""

    def __init__(self, request: ChatRequest) -> None:
        self.request = request
        self.response: aiohttp.ClientResponse | None = None
        self.done = False
        self.text: list[str] = []
        self._fragments = Fragments()
        self._usage: Usage | None = None
        self._finish: str | None = None
        self._model: str | None = None

    def feed(self, line: bytes) -> list[Delta]:
        """What one line brings."""
        if not line.startswith(b"data:"):
            return []
        data = line[5:].strip()
        if data == b"[DONE]":
            self.done = True
            return [self._last()]
        try:
            event = json.loads(data)
        except ValueError:
            raise BadResponse(
                f"{_name(self.request)} sent a piece that is not JSON: {data[:60]!r}",
                "Ask again; the server is at fault.",
            ) from None
        return self._event(event)

    def _event(self, event: Mapping[str, Any]) -> list[Delta]:
        if event.get("error"):
            raise from_event(event["error"], model=_name(self.request), secrets=self.request.secrets)
        self._usage = usage_of(event.get("usage")) or self._usage
        self._model = event.get("model") or self._model
        choices = event.get("choices")
        if not choices:
            return []
        self._finish = choices[0].get("finish_reason") or self._finish
        delta = choices[0].get("delta") or {}
        self._fragments.add(delta.get("tool_calls") or ())
        text, thinking = delta.get("content") or "", _thinking(delta)
        if not text and not thinking:
            return []
        self.text.append(text)
        return [Delta(text=text, thinking=thinking, model=self._model)]

    def _last(self) -> Delta:
        calls = self._fragments.joined()
        finish = self._finish or ("tool_calls" if calls else "stop")
        return Delta(tool_calls=calls, usage=self._usage, finish_reason=finish, model=self._model)

    def finish(self) -> list[Delta]:
        """The end of the connection: fine after a finish reason, else the stream is broken."""
        if self._finish is None:
            raise self.broken("the connection ended")
        return [self._last()]

    def broken(self, detail: str) -> StreamBroken:
        """The error for a stream without an end."""
        came = "".join(self.text)
        return StreamBroken(
            f"{_name(self.request)}: the stream broke after {len(came)} characters: {detail}.",
            "What came is kept in .partial; run the cell again for the whole.",
            came,
        )

    def leave(self) -> None:
        """Close the connection at once when the answer was left early."""
        if self.response is not None and not self.done:
            self.response.close()


class _Mapped:
    """Turns what aiohttp raises into errors of this package."""

    def __init__(self, request: ChatRequest, reader: _Reader | None = None) -> None:
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
            return unreachable(request.api_base, detail, model=_name(request), secrets=request.secrets)
        return None


def _whole(found: Any, request: ChatRequest) -> Delta:
    try:
        choice = found["choices"][0]
        message = choice["message"]
        return Delta(
            text=message.get("content") or "",
            thinking=_thinking(message),
            tool_calls=tool_calls(message.get("tool_calls")),
            usage=usage_of(found.get("usage")),
            finish_reason=choice.get("finish_reason") or "stop",
            model=found.get("model"),
        )
    except (AttributeError, IndexError, KeyError, TypeError):
        if isinstance(found, dict) and found.get("error"):
            raise from_event(found["error"], model=_name(request), secrets=request.secrets) from None
        raise not_a_model_server(
            "JSON that is no completion", json.dumps(found), model=_name(request), secrets=request.secrets
        ) from None


def _vectors(found: Any, count: int, request: ChatRequest) -> tuple[NDArray[np.float32], Usage]:
    import numpy as np

    try:
        rows = sorted(found["data"], key=lambda row: row["index"])
        vectors = np.asarray([row["embedding"] for row in rows], np.float32)
        if len(rows) != count or vectors.ndim != 2:
            raise KeyError("data")
    except (KeyError, TypeError, ValueError):
        raise BadResponse(
            f"{_name(request)} did not give {count} vectors of one length.", "Is this an embedding model?"
        ) from None
    return vectors, usage_of(found.get("usage")) or Usage()


def _thinking(message: Mapping[str, Any]) -> str:
    found = message.get("reasoning_content") or message.get("reasoning") or ""
    return found if isinstance(found, str) else ""


def _in_words(schema: Mapping[str, Any]) -> str:
    """The schema as a message, for servers that take none."""
    return f"Answer with nothing but JSON that follows this schema: {json.dumps(schema)}"


def _strict(schema: Mapping[str, Any]) -> bool:
    """Whether the schema keeps to the subset that OpenAI's strict mode takes."""
    if "$ref" in schema or "format" in schema:
        return False
    if schema.get("type") == "object":
        properties = schema.get("properties", {})
        closed = schema.get("additionalProperties") is False and set(schema.get("required", ())) == set(properties)
        return closed and all(_strict(part) for part in properties.values())
    return _strict(schema["items"]) if "items" in schema else True


def _name(request: ChatRequest) -> str:
    return f"openai/{request.model}"


def _refuse(value: Any) -> Any:
    raise InvalidInput(
        f"{type(value).__name__} cannot be sent to a model.",
        "Options and messages are texts, numbers, lists and dictionaries.",
    )


def _session() -> aiohttp.ClientSession:
    import aiohttp

    proxied = any(
        name in os.environ for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY")
    )
    # Limits and deadlines are the gateway's own.
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=30)
    return aiohttp.ClientSession(
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=15),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=proxied,
        read_bufsize=2**20,
    )


async def _close(session: aiohttp.ClientSession) -> None:
    await session.close()
    await asyncio.sleep(0)


def _secure(url: str) -> Any:
    return _ssl() if url.startswith("https:") else True


@cache
def _ssl() -> Any:
    import ssl

    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
