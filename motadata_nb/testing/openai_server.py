"""A real HTTP server that speaks the OpenAI protocol, for tests, docs and benchmarks without a key.

    with OpenAIServer() as server:
        server.script("Hello.", Answer(status=429, headers={"retry-after": "1"}), Answer(fault="reset"))
        ws.gateway.complete("Hi", model="openai/any", api_base=server.url)
        server.requests[0].body["messages"]

Unscripted calls echo the last user message; with a JSON schema they answer an instance of it. Embeddings are hashed
words, so equal texts have equal vectors; `/rerank` scores documents by the query's words in them.
`python -m motadata_nb.testing.openai_server` serves until interrupted.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import math
import re
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from motadata_nb.gateway.schema import instance_of

__all__ = ["Answer", "OpenAIServer", "Request", "echo", "refusal"]

Fault = Literal["", "reset", "close", "stall"]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the server does with one call. Delays are in seconds."""

    text: str = ""
    thinking: str = ""
    pieces: Sequence[str] | None = None
    """How a stream cuts the text; by default after each word."""
    tool_calls: Sequence[tuple[str, Any]] = ()
    """Pairs of tool name and arguments; a string of arguments is sent as it is, be it JSON or not."""
    finish_reason: str | None = None
    usage: Mapping[str, Any] | None = None
    cached_tokens: int = 0
    status: int = 200
    body: Any = None
    """Sent instead of a completion: bytes as they are, anything else as JSON."""
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = ""
    delay_s: float = 0.0
    """Before the first byte."""
    piece_delay_s: float = 0.0
    """Between pieces of a stream."""
    byte_delay_s: float = 0.0
    """Between single bytes of the body: a slow-loris answer."""
    fault: Fault = ""
    """`reset` sends a TCP reset, `close` ends the connection early, `stall` sends nothing more."""
    after: int = 0
    """Pieces of a stream (or bytes of a plain body) that come before the fault."""


@dataclass(kw_only=True, eq=False)
class Request:
    """A call as it arrived. `gone` is set when the client left before the answer was whole."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    at: float
    """Seconds of `time.monotonic`."""
    connection: int
    pieces_sent: int = 0
    done: bool = False
    gone: bool = False


_CALL = re.compile(r"^\s*call\s+(\w+)\s*(\{.*\})\s*$", re.MULTILINE)

Script = Answer | str | Callable[[Request], "Answer | str"]


class OpenAIServer:
    """Serves on 127.0.0.1 in a thread of its own; a context manager. `url` is the `api_base` to give to clients."""

    def __init__(
        self,
        *,
        port: int = 0,
        default: Callable[[Request], Answer | str] | None = None,
        api_key: str = "",
        dimension: int = 16,
        log: bool = True,
        bad_text: str = "",
    ) -> None:
        """`api_key` is required of every call when given; an embedding call with `bad_text` in it is refused."""
        self.default = default or echo
        self.api_key = api_key
        self.dimension = dimension
        self.log = log
        self.bad_text = bad_text
        self.requests: list[Request] = []
        self.served = 0
        self.running = 0
        self.peak = 0
        self._port = port
        self._script: deque[Script] = deque()
        self._connections: set[_Connection] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The address of the API, with `/v1`."""
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def chats(self) -> list[Request]:
        """The chat calls so far."""
        return [r for r in self.requests if r.path.endswith("/chat/completions")]

    def script(self, *answers: Script) -> None:
        """Add answers for the next calls, in order; afterwards the default answers."""
        self._script.extend(answers)

    def reset(self) -> None:
        """Forget the script and the log of requests."""
        self._script.clear()
        self.requests.clear()
        self.served = self.peak = 0

    def start(self) -> OpenAIServer:
        """Listen; the thread ends with `stop`."""
        ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, args=(ready,), name="openai-server", daemon=True)
        self._thread.start()
        ready.wait(10)
        return self

    def stop(self) -> None:
        """Drop all connections and wait for the thread."""
        if self._loop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(5)
            self._loop = self._thread = None

    def __enter__(self) -> OpenAIServer:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def _serve(self, ready: threading.Event) -> None:
        loop = self._loop = asyncio.new_event_loop()
        numbers = iter(range(1, 1 << 30))
        server = loop.run_until_complete(
            loop.create_server(lambda: _Connection(self, next(numbers)), "127.0.0.1", self._port, backlog=2048)
        )
        self._port = server.sockets[0].getsockname()[1]
        ready.set()
        try:
            loop.run_forever()
        finally:
            server.close()
            for connection in list(self._connections):
                connection.transport.abort()
            loop.run_until_complete(_drain())
            loop.close()

    def _answer(self, request: Request) -> Answer:
        if self.api_key and request.headers.get("authorization") != f"Bearer {self.api_key}":
            return refusal(401, "Incorrect API key provided.", "invalid_api_key")
        if request.path.endswith("/models"):
            return Answer(body={"object": "list", "data": [{"id": "stub", "object": "model"}]})
        if not request.path.endswith(("/chat/completions", "/embeddings", "/rerank")):
            return refusal(404, f"Unknown path {request.path}", "not_found")
        if not isinstance(request.body, dict):
            return refusal(400, "The body is not a JSON object.", "invalid_request_error")
        step: Script = self._script.popleft() if self._script else self.default
        answer = step if isinstance(step, Answer | str) else step(request)
        if request.path.endswith("/rerank") and not isinstance(answer, str) and self._plain(answer):
            return _reranked(request)
        if request.path.endswith("/embeddings") and not isinstance(answer, str) and self._plain(answer):
            return self._embeddings(request)
        return Answer(text=answer) if isinstance(answer, str) else answer

    @staticmethod
    def _plain(answer: Answer) -> bool:
        return answer.status == 200 and answer.body is None and not answer.fault

    def _embeddings(self, request: Request) -> Answer:
        texts = request.body["input"] if isinstance(request.body["input"], list) else [request.body["input"]]
        if self.bad_text and any(self.bad_text in str(text) for text in texts):
            return refusal(400, "One of the inputs cannot be embedded.", "invalid_request_error")
        data = [
            {"object": "embedding", "index": i, "embedding": _vector(str(text), self.dimension)}
            for i, text in enumerate(texts)
        ]
        tokens = sum(len(str(text).split()) for text in texts)
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        return Answer(body={"object": "list", "data": data, "model": request.body.get("model"), "usage": usage})


class _Connection(asyncio.Protocol):
    transport: asyncio.Transport

    def __init__(self, server: OpenAIServer, number: int) -> None:
        self.server = server
        self.number = number
        self.buffer = b""
        self.task: asyncio.Task[None] | None = None
        self.lost = asyncio.Event()
        self.request: Request | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.server._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set()
        self.server._connections.discard(self)
        if self.request is not None and not self.request.done:
            self.request.gone = True

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if self.task is None or self.task.done():
            self._next()

    def _next(self) -> None:
        head, separator, rest = self.buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        lines = head.decode("latin-1").split("\r\n")
        headers = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
        length = int(headers.get("content-length", "0"))
        if len(rest) < length:
            return
        self.buffer = rest[length:]
        method, path = lines[0].split(" ")[:2]
        self.request = Request(
            method=method,
            path=path.partition("?")[0],
            headers=headers,
            body=_json(rest[:length]),
            at=time.monotonic(),
            connection=self.number,
        )
        self.task = asyncio.get_running_loop().create_task(self._respond(self.request))
        self.task.add_done_callback(lambda _: self._next() if self.buffer and not self.lost.is_set() else None)

    async def _respond(self, request: Request) -> None:
        server = self.server
        if server.log:
            server.requests.append(request)
        server.served += 1
        server.running += 1
        server.peak = max(server.peak, server.running)
        try:
            answer = server._answer(request)
            if not await self._wait(answer.delay_s):
                return
            streaming = isinstance(request.body, dict) and bool(request.body.get("stream"))
            if streaming and answer.status == 200 and answer.body is None and not answer.content_type:
                await self._stream(request, answer)
            else:
                await self._whole(request, answer)
        finally:
            server.running -= 1

    async def _wait(self, seconds: float) -> bool:
        """True after the time, False as soon as the client has left."""
        if seconds > 0:
            try:
                await asyncio.wait_for(self.lost.wait(), seconds)
            except TimeoutError:
                return True
        return not self.lost.is_set()

    async def _whole(self, request: Request, answer: Answer) -> None:
        raw = answer.body if answer.body is not None else _completion(request, answer)
        body = raw if isinstance(raw, bytes) else json.dumps(raw).encode()
        kind = answer.content_type or "application/json"
        head = [f"HTTP/1.1 {answer.status} X", f"content-type: {kind}", f"content-length: {len(body)}"]
        head += [f"{name}: {value}" for name, value in answer.headers.items()]
        head_bytes = ("\r\n".join(head) + "\r\n\r\n").encode("latin-1")
        if answer.fault:
            if answer.after:
                self.transport.write(head_bytes + body[: answer.after])
                await self._wait(0.05)
            await self._fail(answer.fault)
            return
        if answer.byte_delay_s:
            self.transport.write(head_bytes)
            for i in range(len(body)):
                if not await self._wait(answer.byte_delay_s):
                    return
                self.transport.write(body[i : i + 1])
        else:
            self.transport.write(head_bytes + body)
        request.done = True

    async def _stream(self, request: Request, answer: Answer) -> None:
        head = ["HTTP/1.1 200 OK", "content-type: text/event-stream", "transfer-encoding: chunked"]
        head += [f"{name}: {value}" for name, value in answer.headers.items()]
        self.transport.write(("\r\n".join(head) + "\r\n\r\n").encode("latin-1"))
        for number, event in enumerate(_events(request, answer)):
            if answer.fault and number == answer.after:
                await self._wait(0.05)
                await self._fail(answer.fault)
                return
            if number and not await self._wait(answer.piece_delay_s):
                return
            for piece in _pieces(event, answer.byte_delay_s):
                self.transport.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
                if not await self._wait(answer.byte_delay_s):
                    return
            request.pieces_sent += 1
        self.transport.write(b"0\r\n\r\n")
        request.done = True

    async def _fail(self, fault: Fault) -> None:
        if fault == "stall":
            await self.lost.wait()
        elif fault == "reset":
            linger = struct.pack("ii", 1, 0)
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.transport.abort()
        else:
            self.transport.close()


async def _drain() -> None:
    pending = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)


def _reranked(request: Request) -> Answer:
    """Scores of documents by the share of the query's words in them, in the form of Cohere and Jina."""
    asked = set(re.findall(r"\w+", str(request.body.get("query", "")).lower()))
    texts = [set(re.findall(r"\w+", str(text).lower())) for text in request.body.get("documents", ())]
    scores = [len(asked & words) / max(len(asked), 1) for words in texts]
    order = sorted(range(len(scores)), key=lambda i: -scores[i])
    return Answer(body={"results": [{"index": i, "relevance_score": scores[i]} for i in order]})


def echo(request: Request) -> Answer:
    """The last user message, calls of tools for its lines `call NAME {…}`, or an instance of the wanted schema."""
    form = request.body.get("response_format") or {}
    if form.get("type") == "json_schema":
        return Answer(text=json.dumps(instance_of(form["json_schema"]["schema"])))
    messages = request.body.get("messages") or [{}]
    texts = [_text(m) for m in messages if m.get("role") == "user"]
    calls = (
        _CALL.findall(texts[-1]) if texts and request.body.get("tools") and messages[-1].get("role") == "user" else ()
    )
    if calls:
        return Answer(tool_calls=calls)
    return Answer(text=f"echo: {texts[-1] if texts else ''}")


def refusal(status: int, message: str, code: str, **headers: str) -> Answer:
    """An error in OpenAI's form."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=status, body={"error": {"message": message, "type": code, "code": code}}, headers=named)


def _completion(request: Request, answer: Answer) -> dict[str, Any]:
    """The answer as one `chat.completion` object."""
    message: dict[str, Any] = {"role": "assistant", "content": answer.text or None}
    if answer.thinking:
        message["reasoning_content"] = answer.thinking
    if answer.tool_calls:
        message["tool_calls"] = list(_tool_calls(answer))
    return {
        **_envelope(request, "chat.completion"),
        "choices": [{"index": 0, "message": message, "finish_reason": _finish(answer), "logprobs": None}],
        "usage": _usage(request, answer),
    }


def _events(request: Request, answer: Answer) -> Iterator[bytes]:
    """The answer as server-sent events, `[DONE]` included."""
    base = _envelope(request, "chat.completion.chunk")

    def event(delta: Mapping[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return b"data: " + json.dumps({**base, "choices": [choice]}).encode() + b"\n\n"

    pieces = answer.pieces if answer.pieces is not None else _words(answer.text)
    yield event({"role": "assistant", "content": ""})
    for word in _words(answer.thinking):
        yield event({"reasoning_content": word})
    for piece in pieces:
        yield event({"content": piece})
    for index, call in enumerate(_tool_calls(answer)):
        function = call["function"]
        half = len(function["arguments"]) // 2
        start = {"name": function["name"], "arguments": function["arguments"][:half]}
        yield event({"tool_calls": [{"index": index, "id": call["id"], "type": "function", "function": start}]})
        yield event({"tool_calls": [{"index": index, "function": {"arguments": function["arguments"][half:]}}]})
    yield event({}, _finish(answer))
    if (request.body.get("stream_options") or {}).get("include_usage"):
        yield b"data: " + json.dumps({**base, "choices": [], "usage": _usage(request, answer)}).encode() + b"\n\n"
    yield b"data: [DONE]\n\n"


def _usage(request: Request, answer: Answer) -> dict[str, Any]:
    """Token counts; a token is a word here."""
    if answer.usage is not None:
        return dict(answer.usage)
    prompt = sum(len(_text(m).split()) for m in request.body.get("messages", ()))
    written = len(answer.text.split()) + sum(len(str(a).split()) for _, a in answer.tool_calls)
    counts: dict[str, Any] = {"prompt_tokens": prompt, "completion_tokens": written, "total_tokens": prompt + written}
    if answer.cached_tokens:
        counts["prompt_tokens_details"] = {"cached_tokens": answer.cached_tokens}
    return counts


def _envelope(request: Request, kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-stub", "object": kind, "created": 1700000000, "model": request.body.get("model", "stub")}


def _finish(answer: Answer) -> str:
    return answer.finish_reason or ("tool_calls" if answer.tool_calls else "stop")


def _tool_calls(answer: Answer) -> Iterator[dict[str, Any]]:
    for number, (name, arguments) in enumerate(answer.tool_calls):
        text = arguments if isinstance(arguments, str) else json.dumps(arguments)
        yield {"id": f"call_{number}", "type": "function", "function": {"name": name, "arguments": text}}


def _text(message: Mapping[str, Any]) -> str:
    content = message.get("content") or ""
    return content if isinstance(content, str) else " ".join(p.get("text", "") for p in content)


def _words(text: str) -> list[str]:
    parts = text.split(" ")
    return [part + (" " if i < len(parts) - 1 else "") for i, part in enumerate(parts) if text]


def _pieces(event: bytes, byte_delay_s: float) -> list[bytes]:
    return [event[i : i + 1] for i in range(len(event))] if byte_delay_s else [event]


def _vector(text: str, dimension: int) -> list[float]:
    values = [0.0] * dimension
    for word in text.lower().split() or [""]:
        digest = hashlib.blake2b(word.encode(), digest_size=8).digest()
        values[digest[0] % dimension] += 1.0 if digest[1] % 2 else -1.0
    norm = math.sqrt(sum(v * v for v in values)) or 1.0
    return [v / norm for v in values]


def _json(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return None


def _main() -> None:
    """Serve on `--port` until interrupted; prints the address."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    chosen = parser.parse_args()

    def answer(request: Request) -> Answer:
        return Answer(text=echo(request).text, delay_s=chosen.delay)

    with OpenAIServer(port=chosen.port, log=False, default=answer) as server:
        print(server.url, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    _main()
