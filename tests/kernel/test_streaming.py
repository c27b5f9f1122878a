"""Streams in a watched kernel: what is sent while the answer grows, what stays, and what an interrupt keeps."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from motadata_nb.testing.openai_server import Answer, OpenAIServer
from tests.kernel.conftest import Kernel, Ran

pytestmark = pytest.mark.slow

STREAMED = ("display_data", "update_display_data")
SENTENCE = "Consumers in the European Union may withdraw within 14 days of delivery [1]. "


def _connected(kernel: Kernel, server: OpenAIServer) -> Kernel:
    kernel.run(f"%config Motadata.api_base = {server.url!r}")
    kernel.run("%config Motadata.model = 'openai/stub'")
    return kernel


def _size(content: dict[str, dict[str, str]]) -> int:
    return sum(len(text.encode()) for text in content["data"].values())


def test_a_long_answer_streams_and_ends_in_one_static_result(
    handbook: Path, kernels: Callable[..., Kernel], server: OpenAIServer
) -> None:
    kernel = _connected(kernels(), server)
    text = SENTENCE * 140
    server.script(Answer(text=text, piece_delay_s=0.004))
    started = time.monotonic()
    ran = kernel.run("%%rag handbook --out ans\nHow long may one withdraw?")
    seconds = time.monotonic() - started
    steps = ran.of(*STREAMED)
    assert len(text) > 10_000 and len(steps) > 5
    assert len(steps) <= 10 * seconds + 2, "more than ten updates a second"
    assert sum(map(_size, steps)) <= 2_000_000
    results = ran.of("execute_result")
    assert len(results) == 1 and set(results[0]["data"]) == {"text/plain", "text/markdown", "text/html"}
    assert [content["wait"] for content in ran.of("clear_output")] == [True]
    assert len(ran.shown) == 1 and "Sources" in ran.shown[0], "only the result stays"
    assert ran.messages.index(next(m for m in ran.messages if m["msg_type"] == "clear_output")) < ran.messages.index(
        next(m for m in ran.messages if m["msg_type"] == "execute_result")
    )
    assert int(kernel.value("len(ans.text)")) > 10_000


def test_an_interrupt_closes_the_stream_and_keeps_what_came(
    handbook: Path, kernels: Callable[..., Kernel], server: OpenAIServer
) -> None:
    kernel = _connected(kernels(), server)
    for source in ("%%rag handbook --out ans\nHow long may one withdraw?", "%%llm --out ans\nTell me more."):
        server.reset()
        server.script(Answer(text=SENTENCE * 400, piece_delay_s=0.05))
        cell = kernel.start(source)
        kernel.finish(cell, until=lambda ran: "Consumers in the" in str(ran.of(*STREAMED)))
        request = server.chats[-1]
        kernel.manager.interrupt_kernel()
        pressed = time.monotonic()
        while not request.gone and time.monotonic() < pressed + 5:
            time.sleep(0.005)
        assert request.gone and not request.done, "the stream upstream goes on"
        ran = kernel.finish(cell)
        assert ran.reply["status"] == "error" and ran.reply["ename"] == "KeyboardInterrupt"
        assert len(ran.shown) == 1 and "Consumers in the" in ran.shown[0] and "<b>interrupted</b>" in ran.shown[0]
        error = ran.of("error")[0]
        assert error["traceback"] == ["KeyboardInterrupt: What came before the interrupt is shown above and in ans."]
        assert kernel.value("ans.interrupted") == "True"
        assert kernel.value("ans.text").startswith("Consumers in the")
    assert "14 days" in str(kernel.run("%%rag handbook --model extractive\nHow long may one withdraw?").shown)


def test_hidden_cells_do_not_stream(handbook: Path, kernels: Callable[..., Kernel], server: OpenAIServer) -> None:
    kernel = _connected(kernels(), server)
    server.script(Answer(text=SENTENCE * 5, piece_delay_s=0.03))
    ran = kernel.run("%%rag handbook --out ans;\nHow long may one withdraw?")
    assert ran.of(*STREAMED, "execute_result", "clear_output") == []
    assert "14 days" in kernel.value("ans.text")


def test_a_model_that_fails_fails_the_cell_and_shows_no_key(
    handbook: Path, kernels: Callable[..., Kernel], server: OpenAIServer
) -> None:
    kernel = _connected(kernels(), server)
    kernel.run("%config Motadata.api_key = 'sk-never-shown-123456'")
    server.script(*[Answer(status=401, body={"error": {"message": "Incorrect key sk-never-shown-123456"}})] * 4)
    ran = kernel.finish(kernel.start("%%rag handbook\nHow long may one withdraw?"))
    assert ran.reply["status"] == "error" and ran.reply["ename"] == "AuthenticationFailed"
    assert len(ran.of("error")[0]["traceback"]) == 2
    assert "never-shown" not in str([m["content"] for m in ran.messages])


def test_an_error_leaves_no_empty_card_and_marks_what_came(
    handbook: Path, kernels: Callable[..., Kernel], server: OpenAIServer
) -> None:
    kernel = _connected(kernels(), server)
    refused = Answer(status=401, body={"error": {"message": "no"}})
    for source in ("%%llm --no-cache\nTell me.", "%%rag handbook --no-cache\nHow long may one withdraw?"):
        server.reset()
        server.script(*[refused] * 4)
        ran = kernel.finish(kernel.start(source))
        assert ran.reply["status"] == "error" and ran.shown == []
        server.reset()
        server.script(*[Answer(text=SENTENCE * 20, piece_delay_s=0.02, fault="close", after=40)] * 4)
        ran = kernel.finish(kernel.start(source))
        assert ran.reply["status"] == "error", ran.reply
        assert len(ran.shown) == 1 and "interrupted" in ran.shown[0] and "withdraw within" in ran.shown[0]


def test_completion_and_help_as_a_front_end_asks(handbook: Path, kernels: Callable[..., Kernel]) -> None:
    kernel = kernels()
    kernel.run("topic = 'returns'")

    def matches(source: str) -> list[str]:
        reply = kernel.client.complete(source, len(source), reply=True, timeout=30)
        return list(reply["content"]["matches"])

    assert matches("%%rag han") == ["handbook"]
    assert matches("%%rag handbook\nWhat of {{ top") == ["topic"]
    assert matches("%%rag handbook\nWhat is pri") == []
    assert matches("%rag ls") == ["ls"]
    ran = kernel.run("%%rag?")
    assert "Examples:" in ran.reply["payload"][0]["data"]["text/plain"]


def shows(ran: Ran, text: str) -> bool:
    return any(text in html for html in ran.shown)


def test_progress_of_an_ingestion_becomes_its_report(folder: Path, kernels: Callable[..., Kernel]) -> None:
    kernel = kernels()
    for n in range(40):
        (folder / f"{n}.md").write_text(f"# Part {n}\n\n" + "\n\n".join(f"Fact {n}-{i} holds." for i in range(40)))
    ran = kernel.run("%ingest *.md --into parts --backend memory")
    assert any("documents" in str(content["data"]) for content in ran.of(*STREAMED))
    assert len(ran.shown) == 1 and shows(ran, "41 documents")
    both = kernel.run("%ingest *.md --into parts\nx = 1\nx")
    assert "1" in both.shown[-1]


def test_an_error_leaves_nothing_half_shown(
    handbook: Path, kernels: Callable[..., Kernel], server: OpenAIServer
) -> None:
    kernel = _connected(kernels(), server)
    for source in ("%%rag handbook\nHow long may one withdraw?", "%%llm\nHello"):
        server.reset()
        server.script(*[Answer(status=401)] * 9)
        ran = kernel.finish(kernel.start(source))
        assert ran.reply["ename"] == "AuthenticationFailed"
        assert ran.of(*STREAMED) and ran.shown == [], "what was going on is not left beside its error"
