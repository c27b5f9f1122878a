"""Tools by name, and the offline agent; the security of what they may reach."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import motadata_nb
from motadata_nb.agents.result import AgentRun
from motadata_nb.errors import InvalidInput, NotPermitted, UnknownName
from motadata_nb.workspace import Workspace

RULES = pd.DataFrame(
    {
        "id": ["returns", "office"],
        "text": [
            "EU customers may return a lamp within 30 days of delivery. Refunds are paid in ten days.",
            "The office is open from nine to five. Cats are not allowed in the office.",
        ],
    }
)


@pytest.fixture
def ws(workspace: Path) -> Any:
    with motadata_nb.open(workspace) as opened:
        yield opened


def once(ws: Workspace, tools: list[Any], name: str, arguments: dict[str, Any], **options: Any) -> AgentRun:
    script = [{"tool": name, "arguments": arguments}, "end"]
    return ws.agent("a", model="scripted", tools=tools, options={"script": script, "cache": False}, **options).run("go")


def result(run: AgentRun) -> tuple[str, str]:
    step = next(s for s in run.steps if s.kind == "tool")
    return step.state, step.text


def test_without_a_language_model_an_agent_searches_cites_and_says_so(ws: Workspace) -> None:
    ws.ingest(RULES, into="rules", backend="memory")
    run = ws.agent("clerk", tools=["rag:rules"]).run("How long may EU customers return a lamp?")
    assert "within 30 days" in run.text
    assert "[1]" in run.text
    assert "returns" in run.text
    assert [s.name for s in run.steps] == ["extractive", "search_rules", "extractive"]
    assert "no language model" in str(run)
    assert run.cost == 0


def test_without_a_language_model_and_without_an_index_it_says_what_to_do(ws: Workspace) -> None:
    assert "tools=['rag:INDEX']" in ws.agent("clerk").run("Hello").text


def test_passages_are_numbered_for_a_model(ws: Workspace) -> None:
    ws.ingest(RULES, into="rules", backend="memory")
    state, text = result(once(ws, ["rag:rules"], "search_rules", {"question": "cats"}))
    assert state == "done"
    assert text.startswith("[1] (")
    assert "Cats are not allowed" in text


def test_sql_over_frames_of_the_notebook_and_indexes(ws: Workspace) -> None:
    ws.ingest(RULES, into="rules", backend="memory")
    ws.agents.variables = lambda: {"sales": pd.DataFrame({"amount": [1, 2, 3]}), "_hidden": RULES}
    state, text = result(once(ws, ["sql"], "sql", {"statement": "SELECT sum(amount) AS total FROM sales"}))
    assert (state, text) == ("done", "total\n6\n(1 row)")
    text = result(once(ws, ["sql"], "sql", {"statement": "SELECT count(*) AS n FROM rules.documents"}))[1]
    assert text == "n\n2\n(1 row)"
    state, text = result(once(ws, ["sql:sales"], "sql", {"statement": "SELECT * FROM rules.chunks"}))
    assert state == "failed"
    assert "No table is called" in text
    state, text = result(once(ws, [{"t": RULES}], "sql", {"statement": "DELETE FROM t"}))
    assert (state, text.splitlines()[0]) == ("refused", "DELETE changes something; this SQL only reads. Use SELECT.")


def test_functions_frames_and_agents_of_the_notebook_by_name(ws: Workspace) -> None:
    def double(x: int) -> int:
        return 2 * x

    helper = ws.agent("helper", "Helps.", lambda m: "helped")
    ws.agents.variables = lambda: {"double": double, "helper": helper, "sales": RULES}
    assert result(once(ws, ["double"], "double", {"x": 4})) == ("done", "8")
    assert result(once(ws, ["helper"], "ask_helper", {"task": "x"})) == ("done", "helped")
    assert list(ws.agent(tools=["sales"]).role.tools) == ["sql"]
    with pytest.raises(UnknownName, match=r"duble[\s\S]*double"):
        ws.agent(tools=["duble"]).run("x")


def test_python_is_refused_and_a_bare_frame_needs_a_name(ws: Workspace) -> None:
    with pytest.raises(NotPermitted, match="sandbox"):
        ws.agent(tools=["python"]).run("x")
    with pytest.raises(InvalidInput, match="needs a name"):
        ws.agent(tools=[RULES]).run("x")
    with pytest.raises(UnknownName, match=r"rag:handbok|handbok"):
        ws.agent(tools=["rag:handbok"]).run("x")


def test_a_cell_is_proposed_and_not_run(ws: Workspace) -> None:
    cells: list[tuple[str, str]] = []
    ws.agents.insert_cell = lambda source, kind: cells.append((source, kind))
    assert result(once(ws, ["notebook"], "insert_cell", {"source": "1/0"}))[0] == "done"
    assert cells == [("1/0", "code")]
    ws.agents.insert_cell = None
    with pytest.raises(InvalidInput, match="needs a notebook"):
        ws.agent(tools=["notebook"]).run("x")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "open"
    (root / "sub").mkdir(parents=True)
    (root / "a.txt").write_text("one\ntwo\nthree\n")
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "open-too").mkdir()
    (tmp_path / "open-too" / "b.txt").write_text("secret")
    (root / "link.txt").symlink_to(tmp_path / "secret.txt")
    (root / "away").symlink_to(tmp_path)
    return root


def test_files_inside_the_folder_are_listed_and_read(ws: Workspace, folder: Path) -> None:
    tools = [f"files:{folder}"]
    assert result(once(ws, tools, "list_files", {})) == ("done", "a.txt (14 bytes)")
    assert result(once(ws, tools, "read_file", {"path": "a.txt", "start": 2, "lines": 1})) == (
        "done",
        "two\n(more follows: start=3)",
    )


@pytest.mark.parametrize(
    "path", ["../secret.txt", "link.txt", "away/secret.txt", "sub/../../secret.txt", "../open-too/b.txt", "a.txt\0"]
)
def test_nothing_outside_can_be_read(ws: Workspace, folder: Path, path: str) -> None:
    state, text = result(once(ws, [f"files:{folder}"], "read_file", {"path": path}))
    assert state in ("refused", "failed")
    assert "secret" not in text.replace(repr(path), "")


def test_an_absolute_path_and_a_link_made_meanwhile_do_not_lead_out(ws: Workspace, folder: Path) -> None:
    outside = folder.parent / "secret.txt"
    assert result(once(ws, [f"files:{folder}"], "read_file", {"path": str(outside)}))[0] == "refused"
    tools = [f"files:{folder}:rw"]
    options = {"approvals": {"write_file": "auto"}}
    assert result(once(ws, tools, "write_file", {"path": "away/x.txt", "text": "x"}, **options))[0] == "refused"
    assert result(once(ws, tools, "write_file", {"path": "link.txt", "text": "x"}, **options))[0] == "refused"
    assert outside.read_text() == "secret"
    assert result(once(ws, tools, "write_file", {"path": "new/x.txt", "text": "x"}, **options))[0] == "done"
    assert (folder / "new" / "x.txt").read_text() == "x"


def test_a_long_file_is_read_part_by_part(ws: Workspace, folder: Path) -> None:
    (folder / "long.txt").write_text("".join(f"line {n} {'x' * 90}\n" for n in range(1, 30_001)))
    (folder / "image.bin").write_bytes(bytes(range(256)))
    tools = [f"files:{folder}"]
    state, text = result(once(ws, tools, "read_file", {"path": "long.txt", "start": 29_000, "lines": 3}))
    assert (state, text.splitlines()[0].split(" x")[0]) == ("done", "line 29000")
    assert text.endswith("(more follows: start=29003)")
    assert "more follows" not in result(once(ws, tools, "read_file", {"path": "long.txt", "start": 30_000}))[1]
    assert "has no line 40000" in result(once(ws, tools, "read_file", {"path": "long.txt", "start": 40_000}))[1]
    state, text = result(once(ws, tools, "read_file", {"path": "image.bin"}))
    assert (state, "is not a text file" in text) == ("failed", True)


@pytest.mark.parametrize("host", ["127.0.0.1.example.invalid", "localhost.localdomain.example"])
def test_a_wildcards_host_is_looked_up_before_it_is_asked(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    import socket

    def inside(*_: Any, **__: Any) -> Any:  # no test may depend on a name server
        return [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::ffff:10.0.0.7", 0, 0, 0))]

    monkeypatch.setattr(socket, "getaddrinfo", inside)
    pattern = f"http:*.{host.partition('.')[2]}"
    state, text = result(once(ws, [pattern], "http_get", {"url": f"http://{host}/"}))
    assert state == "refused"
    assert "inside this network" in text


def test_writing_waits_for_approval(ws: Workspace, folder: Path) -> None:
    run = once(ws, [f"files:{folder}:rw"], "write_file", {"path": "x.txt", "text": "x"})
    assert run.status == "waiting"
    assert not (folder / "x.txt").exists()


class _Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/away":
            self.send_response(302)
            self.send_header("location", f"http://localhost:{self.server.server_port}/page")  # type: ignore[attr-defined]
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("content-type", "text/plain")
        self.end_headers()
        self.wfile.write(b"a page" if self.path == "/page" else b"x" * 3_000_000)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def site() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Pages)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_named_host_is_read_and_a_big_page_is_cut(ws: Workspace, site: str) -> None:
    tools = [f"http:{site}"]
    assert result(once(ws, tools, "http_get", {"url": f"http://{site}/page"})) == (
        "done",
        "HTTP 200 text/plain\n\na page",
    )
    assert len(result(once(ws, tools, "http_get", {"url": f"http://{site}/big"}))[1]) < 21_000


@pytest.mark.parametrize(
    "url",
    ["http://localhost:{port}/page", "http://{site}/away", "file:///etc/hostname", "http://a:b@{site}/page",
     "http://127.0.0.1.example.org/", "http://127.0.0.1/", "http://[::1]:{port}/page", "ftp://{site}/page"],
)  # fmt: skip
def test_other_hosts_redirects_and_schemes_are_refused(ws: Workspace, site: str, url: str) -> None:
    address = url.format(site=site, port=site.split(":")[1])
    assert result(once(ws, [f"http:{site}"], "http_get", {"url": address}))[0] == "refused"


def test_a_wildcard_for_all_hosts_is_not_taken(ws: Workspace) -> None:
    with pytest.raises(InvalidInput, match="needs the hosts"):
        ws.agent(tools=["http:*"]).run("x")


def test_a_watched_run_tells_what_happens_and_asks(ws: Workspace) -> None:
    from motadata_nb.agents.base import Decision
    from motadata_nb.agents.live import Live
    from motadata_nb.agents.streaming import Asking, snapshot
    from motadata_nb.agents.tools import Tool

    options = {"script": [{"tool": "act"}, "one two three"], "delay_s": 0.02, "cache": False}
    agent = ws.agent("a", model="scripted", tools=[Tool(lambda: "x", name="act", approve="ask")], options=options)
    texts, result = [], None
    for event in agent.stream("go"):
        if isinstance(event, Asking):
            event.answer(Decision(state="approved"))
        elif isinstance(event, Live):
            texts.append(snapshot(agent, event).text)
        else:
            result = event
    assert isinstance(result, AgentRun)
    assert result.text == "one two three"
    assert "one" in texts or "one two" in texts
