"""One connection of the stub server: HTTP in, answers out, with the delays and faults that were asked for."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import time
from collections.abc import Callable
from typing import Any, Protocol

from motadata_nb.testing.openai_answers import Answer, Fault, Request, refusal
from motadata_nb.testing.openai_wire import completion, events

__all__ = ["Connection", "Desk"]


class Desk(Protocol):
    """Who answers, and counts."""

    log: bool
    requests: list[Request]
    served: int
    running: int
    peak: int
    connections: set[Connection]

    def answer(self, request: Request) -> Answer:
        """What is said to a request."""
        ...


class Connection(asyncio.Protocol):
    """Reads requests one after the other and answers each before the next."""

    transport: asyncio.Transport

    def __init__(self, server: Desk, number: int) -> None:
        self.server = server
        self.number = number
        self.buffer = b""
        self.task: asyncio.Task[None] | None = None
        self.lost = asyncio.Event()
        self.request: Request | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has come."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.server.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """It has left; a request whose answer is not whole is marked as gone."""
        self.lost.set()
        self.server.connections.discard(self)
        if self.request is not None and not self.request.done:
            self.request.gone = True

    def data_received(self, data: bytes) -> None:
        """Bytes of a request; answered when it is whole and the one before is done."""
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
            answer = _answered(server.answer, request)
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
        raw = answer.body if answer.body is not None else completion(request, answer)
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
        for number, event in enumerate(events(request, answer)):
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


def _pieces(event: bytes, byte_delay_s: float) -> list[bytes]:
    return [event[i : i + 1] for i in range(len(event))] if byte_delay_s else [event]


def _json(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return None


def _answered(answer: Callable[[Request], Answer], request: Request) -> Answer:
    """The answer; a function of the caller's that fails is an error of the server, which no client waits for."""
    try:
        return answer(request)
    except Exception as error:
        return refusal(500, f"{type(error).__name__}: {error}", "server_error")
