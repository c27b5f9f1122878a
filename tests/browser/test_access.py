"""Who gets into an app, and the ways to one: OAuth, `panel serve`, the button in JupyterLab; hostile texts."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import nbformat
import pytest
from playwright.sync_api import Browser, Page, expect

from motadata_nb.cli import main
from tests.browser import driver
from tests.browser.hostile import dangers, texts
from tests.browser.test_app import served

pytestmark = [pytest.mark.server("chromium"), pytest.mark.slow]


def write(path: Path, *cells: str, title: str = "# Small", inputs: str = "") -> Path:
    v4 = nbformat.v4
    made = [v4.new_markdown_cell(title)]
    made += [v4.new_code_cell(inputs, metadata={"tags": ["parameters"]})] if inputs else []
    made += [v4.new_code_cell(source) for source in cells]
    path.write_text(nbformat.writes(v4.new_notebook(cells=made)))
    return path


def test_two_visitors_of_a_chat_are_not_mixed_up(
    page: Page, browser: Browser, tmp_path: Path, port: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTADATA_NB_HOME", str(tmp_path / "home"))
    chat = """import time
import panel as pn
import motadata_nb as mn
from motadata_nb.widgets import Chat
print("made for", word)
def model(messages):
    time.sleep(0.5)
    asked = [m["content"] for m in messages if m["role"] == "user"]
    return f"user {pn.state.user}, word {word}, asked {len(asked)}"
Chat(mn.open().agent("mirror", "Help.", model), thread=f"of-{pn.state.user}")"""
    notebook = write(tmp_path / "chat.ipynb", chat, inputs="word = 'lamp'")
    with served(notebook, port(), "--password", "open sesame") as address:
        pages = {"ada": page, "bob": browser.new_context().new_page()}
        for name, of in pages.items():
            of.goto(address)
            of.get_by_label("Name").fill(name)
            of.get_by_label("Password").fill("open sesame")
            of.get_by_role("button", name="Sign in").click()
            of.get_by_label("Word").fill(f"{name}s")
            of.get_by_label("Word").press("Enter")
            expect(of.get_by_text(f"made for {name}s")).to_be_visible()
        for of in pages.values():
            of.get_by_label("Message", exact=True).fill("Who am I?")
        for of in pages.values():
            of.get_by_label("Message", exact=True).press("Enter")
        for name, of in pages.items():
            expect(of.get_by_role("log")).to_contain_text(f"user {name}, word {name}s, asked 1")


class OpenID(BaseHTTPRequestHandler):
    """A sign-in service: authorize, token, user. Whoever comes is Ada."""

    def log_message(self, format: str, *args: object) -> None: ...

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if address.path == "/authorize":
            asked = {name: values[0] for name, values in parse_qs(address.query).items()}
            self.send_response(302)
            self.send_header("Location", f"{asked['redirect_uri']}?code=once&state={asked.get('state', '')}")
            self.end_headers()
        else:
            assert self.headers["Authorization"] == "Bearer granted"
            self._json({"email": "ada@example.org", "sub": "ada"})

    def do_POST(self) -> None:
        sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        if (sent["code"], sent["client_secret"]) != (["once"], ["secret"]):
            self.send_error(403)
            return
        claims = base64.urlsafe_b64encode(json.dumps({"email": "ada@example.org", "sub": "ada"}).encode()).decode()
        self._json({"access_token": "granted", "token_type": "bearer", "id_token": f"e30.{claims}.e30"})

    def _json(self, content: object) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())


@pytest.fixture
def openid() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), OpenID)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_who_signs_in_is_known_and_others_stay_out(
    page: Page, tmp_path: Path, openid: str, port: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = base64.urlsafe_b64encode(b"k" * 32).decode()
    number = port()
    for name, value in {
        "KEY": "motadata", "SECRET": "secret", "ENCRYPTION": key, "SCOPE": "openid email",
        "AUTHORIZE_URL": f"{openid}/authorize", "TOKEN_URL": f"{openid}/token", "USER_URL": f"{openid}/user",
        "REDIRECT_URI": f"http://127.0.0.1:{number}/login",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"PANEL_OAUTH_{name}", value)
    # Asked late, when the request that began the session is long over.
    cell = "import time\nimport panel as pn\ntime.sleep(1)\nprint('hello', pn.state.user)"
    notebook = write(tmp_path / "small.ipynb", cell)
    with served(notebook, number, "--oauth", "generic", "--runs-per-hour", "1") as address:
        page.goto(address)
        # The first visitor waits for the server's imports too, which take long on a busy machine.
        expect(page.get_by_text("hello ada@example.org")).to_be_visible(timeout=60_000)
        page.reload()
        expect(page.get_by_text("You have used your 1 runs of this hour")).to_be_visible()


@contextmanager
def panel_serve(script: Path, port: int) -> Iterator[str]:
    log = script.with_suffix(".log")
    with log.open("wb") as out:
        command = [sys.executable, "-m", "panel", "serve", str(script), "--port", str(port)]
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env={**os.environ})
        try:
            driver.wait_for(f"http://127.0.0.1:{port}/{script.stem}", process, log)
            yield f"http://127.0.0.1:{port}/{script.stem}"
        finally:
            driver.stop(process)


def test_the_rewritten_script_is_served_by_panel_itself(page: Page, tmp_path: Path, port: Callable[[], int]) -> None:
    notebook = write(
        tmp_path / "small.ipynb", "%%llm --model extractive\n{{ word }}", "%rag ls", "print(open('beside.txt').read())",
        inputs="word = 'lamp'",
    )  # fmt: skip
    (tmp_path / "beside.txt").write_text("a file beside the script")
    script = tmp_path / "small.py"
    assert main(["app", str(notebook), "--rewrite", str(script)]) == 0
    notebook.unlink()
    with panel_serve(script, port()) as address:
        page.goto(address)
        expect(page.get_by_role("heading", name="Small")).to_be_visible()
        expect(page.get_by_label("Word")).to_have_value("lamp")
        expect(page.get_by_text("Indexes")).to_be_visible()
        expect(page.get_by_text("a file beside the script")).to_be_visible()


def test_the_button_in_jupyterlab_serves_the_notebook(notebook: Callable[..., driver.Notebook], page: Page) -> None:
    opened = notebook("%load_ext motadata_nb", "print('made', 6 * 7)", "%dashboard ls", markdown="# From the button")
    opened.run(1)
    page.get_by_role("button", name="Serve as app").click()
    notice = page.locator(".Toastify__toast").filter(has_text="The app runs at")
    expect(notice).to_be_visible()
    opened.shot("serve-button")
    with page.context.expect_page() as made:
        notice.get_by_role("button", name="Open").click()
    app = made.value
    expect(app.get_by_role("heading", name="From the button")).to_be_visible()
    expect(app.get_by_text("made 42")).to_be_visible()
    app.close()
    expect(opened.run(3)).to_contain_text("http://127.0.0.1:")


@pytest.mark.shared_data
def test_hostile_texts_in_an_app_and_in_its_export(
    page: Page, watch: driver.Watch, tmp_path: Path, shared_data: Path, port: Callable[[], int]
) -> None:
    found = texts(shared_data)
    (tmp_path / "hostile.json").write_text(json.dumps(found))
    read = "import json, pathlib\nfrom IPython.display import HTML, Markdown\n"
    read += "texts = json.loads(pathlib.Path('hostile.json').read_text())"
    result = """from motadata_nb.agents.base import Step
from motadata_nb.agents.result import AgentRun
steps = tuple(Step(kind="tool", key=str(n), name=t, arguments=t, text=t, state="failed") for n, t in enumerate(texts))
run = AgentRun(text="\\n\\n".join(texts), status="done", steps=steps, agent=texts[-1], seconds=2.6)
run"""
    widget = "from motadata_nb.widgets import AgentTimeline\nAgentTimeline(run)"
    shown = """import pandas as pd
display(Markdown("\\n\\n".join(texts)), HTML("<div>" + "\\n".join(texts) + "</div>"), pd.DataFrame({"t": texts}))"""
    broken = "from motadata_nb.errors import InvalidInput\nraise InvalidInput('\\n'.join(texts), '\\n'.join(texts))"
    evil = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    notebook = write(
        tmp_path / "evil.ipynb", read, "print('\\n'.join(texts))", result, shown, widget, broken,
        title=f"# Small {evil}\n\n" + "\n\n".join(found),
        inputs=f"word = {found[0]!r}  # {evil}\npick = {found[:300]!r}",
    )  # fmt: skip
    target = tmp_path / "evil.html"
    assert main(["app", str(notebook), "--export", str(target)]) == 1, "its last cell fails"
    watch.allowed += (target.as_uri(),)
    page.goto(target.as_uri())
    expect(page.get_by_role("alert")).to_contain_text("alert(")
    assert not dangers(page, "main", links=True)
    with served(notebook, port()) as address:
        page.goto(address)
        expect(page.get_by_role("alert")).to_contain_text("alert(")
        expect(page.locator(".mn-timeline")).to_contain_text("alert(")
        assert not dangers(page, "[data-root-id]", links=True)
