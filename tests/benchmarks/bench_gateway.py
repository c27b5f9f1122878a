"""The gateway beside httpx, the openai SDK, LiteLLM and its Router, against one stub server in a process of its own."""

from __future__ import annotations

import asyncio
import gc
import os
import resource
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from motadata_nb.config import Config
from motadata_nb.gateway import Gateway

__all__ = ["run"]

MESSAGES = [{"role": "user", "content": "Say hello"}]
Call = Callable[[int], Awaitable[object]]
ROUNDS, PER_ROUND, TOGETHER = 12, 25, 400
MODEL = "openai/x"
OVER = "the names that litellm alone knows; litellm's own work is most of it"


def run() -> list[dict[str, Any]]:
    """The figures of the gateway's issue; each peer is measured in turns with the others."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        command = [sys.executable, "-m", "motadata_nb.testing.openai_server"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout is not None
                url = server.stdout.readline().strip()
                # All are given nothing but the name of the model, and find the server in the same place.
                os.environ.update(OPENAI_BASE_URL=url, OPENAI_API_KEY="k")
                rows = asyncio.run(_measure(url))
            finally:
                server.kill()
    return [*rows, _hit(), _import_time()]


def _row(name: str, figure: float, unit: str, target: str, ok: bool | None, note: str = "") -> dict[str, Any]:
    return {"name": f"gateway: {name}", "figure": figure, "unit": unit, "target": target, "ok": ok, "note": note}


def _gateway(**settings: Any) -> Gateway:
    return Gateway(Config(arguments={"cache": False, "model": MODEL, **settings}))


@asynccontextmanager
async def _peers(url: str) -> AsyncIterator[dict[str, Call]]:
    import httpx
    import openai

    from motadata_nb.gateway.litellm_sdk import load

    litellm = load()
    ours = _gateway()
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    deployment = {"model_name": "x", "litellm_params": {"model": MODEL}}
    router = litellm.Router(model_list=[deployment])
    async with (
        httpx.AsyncClient(limits=limits, timeout=120) as raw,
        openai.AsyncOpenAI() as sdk,
    ):

        async def by_httpx(n: int) -> object:
            body = {"model": "x", "messages": _messages(n)}
            return (await raw.post(f"{url}/chat/completions", json=body)).json()

        yield {
            "httpx": by_httpx,
            "openai SDK": lambda n: sdk.chat.completions.create(model="x", messages=_messages(n)),
            "gateway": lambda n: ours.acomplete(_messages(n)),
            "litellm": lambda n: litellm.acompletion(model=MODEL, messages=_messages(n), **{"no-log": True}),
            "litellm Router": lambda n: router.acompletion(model="x", messages=_messages(n)),
            "gateway over litellm": lambda n: ours.acomplete(_messages(n), model=f"litellm/{MODEL}"),
        }
    await ours.aclose()


def _messages(n: int) -> list[Any]:
    return [{"role": "user", "content": f"Say hello {n}"}]


async def _measure(url: str) -> list[dict[str, Any]]:
    async with _peers(url) as peers:
        alone = await _alone(peers)
        together = {name: await _together(call) for name, call in peers.items() if name != "litellm Router"}
    rows = [_row(f"one call, {name}", s * 1000, "ms p50", "", None) for name, s in alone.items()]
    added = (alone["gateway over litellm"] - alone["litellm"]) * 1000
    direct = (alone["gateway"] - alone["openai SDK"]) * 1000
    rows.append(_row("added to litellm", added, "ms p50", "<= 0.15", added <= 0.15))
    rows.append(_row("direct path against the openai SDK", direct, "ms p50", "<= 0", direct <= 0))
    rows += [_row(f"{TOGETHER} at once, {name}", rate, "calls/s", "", None) for name, rate in together.items()]
    ratio = together["gateway"] / together["litellm"]
    rows.append(_row(f"{TOGETHER} at once, {MODEL} against litellm's {MODEL}", ratio, "x", ">= 2", ratio >= 2))
    over = together["gateway over litellm"] / together["litellm"]
    rows.append(_row(f"{TOGETHER} at once, over litellm against litellm", over, "x", ">= 1", over >= 1, OVER))
    grown = await _growth()
    rows.append(_row("memory of 10,000 calls", grown, "MB", "<= 5", grown <= 5))
    return rows


async def _alone(peers: dict[str, Call]) -> dict[str, float]:
    """p50 of single calls; the peers take turns, so that a busy moment hits all of them.

    Each begins when what the one before has left to do, like LiteLLM's notes of its calls, is done; and not always
    after the same one.
    """
    times: dict[str, list[float]] = {name: [] for name in peers}
    numbers = iter(range(10**9))
    for name in peers:
        for _ in range(10):
            await peers[name](next(numbers))
    turns = list(peers)
    for turn in range(ROUNDS):
        for name in turns[turn % len(turns) :] + turns[: turn % len(turns)]:
            call = peers[name]
            await asyncio.sleep(0.1)
            gc.collect()
            for _ in range(PER_ROUND):
                n = next(numbers)
                started = time.perf_counter()
                await call(n)
                times[name].append(time.perf_counter() - started)
    return {name: statistics.median(found) for name, found in times.items()}


async def _together(call: Call) -> float:
    """Calls a second, the better of two rounds; the first opens the connections."""
    best = 0.0
    for turn in range(2):
        started = time.perf_counter()
        await asyncio.gather(*(call(10**9 + turn * TOGETHER + n) for n in range(TOGETHER)))
        best = max(best, TOGETHER / (time.perf_counter() - started))
    return best


async def _growth() -> float:
    """MB that 10,000 different, cached calls add to the process, after 1,000 to warm up."""
    gateway = _gateway(cache=True)

    async def calls(first: int, count: int) -> None:
        for start in range(first, first + count, 50):
            await asyncio.gather(*(gateway.acomplete(_messages(n)) for n in range(start, start + 50)))

    await calls(0, 1000)
    before = _resident()
    await calls(1000, 10_000)
    grown = _resident() - before
    await gateway.aclose()
    return grown


def _resident() -> float:
    """MB of this process in memory."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * resource.getpagesize() / 1e6


def _hit() -> dict[str, Any]:
    from motadata_nb.testing.openai_server import OpenAIServer

    with OpenAIServer() as server:
        gateway = _gateway(cache=True, api_base=server.url)
        times = []
        for _ in range(2000):
            started = time.perf_counter()
            gateway.complete("Say hello")
            times.append(time.perf_counter() - started)
        gateway.close()
    figure = statistics.median(times) * 1000
    return _row("exact hit in process", figure, "ms p50", "<= 0.05", figure <= 0.05)


def _import_time() -> dict[str, Any]:
    code = (
        "import time; t = time.perf_counter(); from motadata_nb.gateway import Gateway; print(time.perf_counter() - t)"
    )
    found = [float(subprocess.check_output([sys.executable, "-c", code], text=True)) for _ in range(5)]
    return _row("from motadata_nb.gateway import Gateway", min(found), "s", "<= 0.1", min(found) <= 0.1)
