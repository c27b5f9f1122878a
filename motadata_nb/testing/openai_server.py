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
import threading
from collections import deque
from collections.abc import Callable

from motadata_nb.testing.listening import stop_listening
from motadata_nb.testing.openai_answers import Answer, Request, Script, echo, embedded, refusal, reranked
from motadata_nb.testing.openai_connection import Connection

__all__ = ["Answer", "OpenAIServer", "Request", "echo", "refusal"]


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
        self.connections: set[Connection] = set()
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
            loop.create_server(lambda: Connection(self, next(numbers)), "127.0.0.1", self._port, backlog=2048)
        )
        self._port = server.sockets[0].getsockname()[1]
        ready.set()
        try:
            loop.run_forever()
        finally:
            loop.run_until_complete(stop_listening(server))
            for connection in list(self.connections):
                connection.transport.abort()
            loop.run_until_complete(_drain())
            loop.close()

    def answer(self, request: Request) -> Answer:
        """What is said to a request: the next of the script, or the default."""
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
            return reranked(request)
        if request.path.endswith("/embeddings") and not isinstance(answer, str) and self._plain(answer):
            return embedded(request, self.dimension, self.bad_text)
        return Answer(text=answer) if isinstance(answer, str) else answer

    @staticmethod
    def _plain(answer: Answer) -> bool:
        return answer.status == 200 and answer.body is None and not answer.fault


async def _drain() -> None:
    pending = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)


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
