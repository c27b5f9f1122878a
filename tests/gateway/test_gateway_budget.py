"""A budget that several kernels share: what is under way in one counts in the others."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

import motadata_nb as mn
from motadata_nb.errors import BudgetExceeded
from motadata_nb.testing.openai_server import Answer, OpenAIServer, echo
from motadata_nb.workspace import Workspace
from tests.gateway.conftest import Make

MODEL = "openai/gpt-4o-mini"
# A kernel that asks ten questions at once as soon as a line comes, and tells how many were answered.
KERNEL = f"""
import asyncio, json, sys
import motadata_nb as mn
folder, url, limit = sys.argv[1], sys.argv[2], float(sys.argv[3])
ws = mn.open(folder, model={MODEL!r}, api_base=url, cache=False, budget=limit, budget_per="day")
async def main():
    calls = [ws.gateway.acomplete(f"{{sys.argv[4]}} {{n}}", max_tokens=1000) for n in range(10)]
    found = await asyncio.gather(*calls, return_exceptions=True)
    print(json.dumps([type(f).__name__ for f in found]), flush=True)
print("ready", flush=True)
sys.stdin.readline()
asyncio.run(main())
ws.close()
"""


def _opened(folder: Path, server: OpenAIServer, limit: float) -> Workspace:
    return mn.open(folder, model=MODEL, api_base=server.url, cache=False, budget=limit, budget_per="day")


def _price(folder: Path, server: OpenAIServer) -> float:
    with _opened(folder, server, 0.0) as ws:
        cost = ws.gateway.preview("one 0", max_tokens=1000).cost
        assert cost
        return cost


def _kernel(folder: Path, server: OpenAIServer, limit: float, name: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", KERNEL, str(folder), server.url, str(limit), name]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _go(kernel: subprocess.Popen[str]) -> None:
    assert kernel.stdin is not None
    kernel.stdin.write("\n")
    kernel.stdin.flush()


def _line(kernel: subprocess.Popen[str]) -> str:
    assert kernel.stdout is not None
    return kernel.stdout.readline().strip()


def test_two_kernels_cannot_pass_it_together(tmp_path: Path, server: OpenAIServer) -> None:
    limit = 5.5 * _price(tmp_path / "ws", server)
    server.default = lambda request: Answer(text=echo(request).text, delay_s=1.0)
    with _kernel(tmp_path / "ws", server, limit, "one") as one, _kernel(tmp_path / "ws", server, limit, "two") as two:
        assert _line(one) == _line(two) == "ready"
        _go(one), _go(two)
        told = [*json.loads(_line(one)), *json.loads(_line(two))]
    # Both were asked while the first answers were still to come.
    assert told.count("Completion") == server.served == 5
    assert told.count("BudgetExceeded") == 15


def test_what_was_set_aside_is_replaced_by_the_true_cost(tmp_path: Path, server: OpenAIServer) -> None:
    limit = 1.5 * _price(tmp_path / "ws", server)
    with _opened(tmp_path / "ws", server, limit) as ws:
        for n in range(5):  # each alone fits, as the answers are short
            assert ws.gateway.complete(f"one {n}", max_tokens=1000).cost
        assert ws.gateway.budget().spent == pytest.approx(ws.cost().total)
        with pytest.raises(BudgetExceeded, match="per day"):
            ws.gateway.complete("x", max_tokens=2000)


def test_a_call_that_is_not_made_holds_nothing(tmp_path: Path, server: OpenAIServer) -> None:
    limit = 1.5 * _price(tmp_path / "ws", server)
    with _opened(tmp_path / "ws", server, limit) as ws:
        ws.config.set("breaker", {"failures": 1, "cooldown_s": 0.2})
        server.script(Answer(status=500))
        for _ in range(2):  # the second meets an open circuit
            with pytest.raises(Exception, match=r"500|left alone"):
                ws.gateway.complete("one 0", max_tokens=1000, retries=0)
        until = time.monotonic() + 10
        while time.monotonic() < until:
            try:
                assert ws.gateway.complete("one 1", max_tokens=1000, retries=0).text
                return
            except Exception:
                time.sleep(0.3)
        pytest.fail("the money is still set aside")


def test_what_a_killed_kernel_had_set_aside_is_free_again(tmp_path: Path, server: OpenAIServer) -> None:
    limit = 1.5 * _price(tmp_path / "ws", server)
    server.default = lambda request: Answer(text="late", delay_s=60.0)
    with _kernel(tmp_path / "ws", server, limit, "one") as kernel, _opened(tmp_path / "ws", server, limit) as ws:
        assert _line(kernel) == "ready"
        _go(kernel)
        until = time.monotonic() + 20
        while not server.chats and time.monotonic() < until:
            time.sleep(0.05)
        with pytest.raises(BudgetExceeded, match="set aside"):
            ws.gateway.complete("x", max_tokens=1000)
        kernel.kill()
        kernel.wait()
        server.default = echo
        assert ws.gateway.complete("x", max_tokens=1000).text


def test_the_amount_that_is_proposed_is_enough(make: Make, server: OpenAIServer) -> None:
    gateway = make(model="openai/gpt-4o-mini", api_base=server.url, cache=False)
    gateway.budget(0.0000001)
    with pytest.raises(BudgetExceeded) as caught:
        gateway.complete("x", max_tokens=2077)
    proposed = re.search(r"%budget (\S+) --per", caught.value.hint)
    assert proposed
    gateway.budget(float(proposed[1]))
    assert gateway.complete("x", max_tokens=2077).text == "echo: x"
