"""A notebook as a person works with it: cells stream, are interrupted, approved, reloaded, walked by keyboard."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from motadata_nb.testing.openai_server import Answer, OpenAIServer
from tests.browser import driver
from tests.browser.test_widgets import start

pytestmark = [pytest.mark.server("chromium"), pytest.mark.slow]

LOAD = """%load_ext motadata_nb
%config Motadata.home = "{home}"
%config Motadata.api_base = "{url}"
%config Motadata.model = "openai/stub\""""
SENTENCE = "Consumers in the European Union may withdraw within fourteen days. "
TOOL = '''def send(to: str) -> str:
    """Send a letter."""
    print("letter to", to)
    return "sent to " + to'''


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as started:
        yield started


def sent_bytes(page: Page) -> list[int]:
    """Sizes of what the page's websockets receive from now on."""
    sizes: list[int] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda data: sizes.append(len(data))))
    return sizes


def test_an_answer_streams_and_an_interrupt_keeps_what_came(
    notebook: Callable[..., driver.Notebook], page: Page, server: OpenAIServer
) -> None:
    sizes = sent_bytes(page)
    load = LOAD.format(home="streams", url=server.url)
    opened = notebook(
        load, "%%llm --out one\nTell.", "%%llm --out two\nMore.", "two.interrupted, two.text.startswith('Consumers')"
    )
    opened.run(0)
    server.script(Answer(text=SENTENCE * 160, piece_delay_s=0.002), Answer(text=SENTENCE * 400, piece_delay_s=0.05))
    before = sum(sizes)
    output = opened.run(1, wait=False)
    expect(opened.cell(1)).to_contain_text("Consumers")
    early = len(output.inner_text())
    opened.idle()
    expect(output).to_contain_text(re.compile(r"^.{10000}", re.DOTALL))
    assert early < 10_000, "it was shown before it was whole"
    assert output.locator(".jp-OutputArea-child").count() == 1
    assert 10_000 < sum(sizes) - before <= 2_000_000
    opened.run(2, wait=False)
    expect(opened.cell(2)).to_contain_text("Consumers")
    page.keyboard.press("Escape")
    page.keyboard.press("i")
    page.keyboard.press("i")
    expect(opened.cell(2)).to_contain_text(
        "KeyboardInterrupt: What came before the interrupt is shown above and in two."
    )
    expect(opened.cell(2).locator("b", has_text="interrupted")).to_be_visible()
    opened.shot("interrupted")
    assert opened.run(3).inner_text().strip().endswith("(True, True)")
    check = driver.violations(page, ".jp-OutputArea-output")
    assert not check, driver.describe(check)


def test_a_tool_call_is_approved_while_the_cell_runs(
    notebook: Callable[..., driver.Notebook], page: Page, server: OpenAIServer
) -> None:
    load = LOAD.format(home="approves", url=server.url) + "\n" + TOOL
    ask = "%%agent clerk --tools send --approve ask --out run\nWrite to Ada."
    opened = notebook(
        load,
        ask,
        ask.replace("run", "again").replace("Ada", "Bob"),
        "run.text, [s.state for s in again.steps if s.name == 'send']",
    )
    opened.run(0)
    for number, button in ((1, "Approve"), (2, "Deny")):
        server.script(Answer(tool_calls=[("send", {"to": "Ada <b>"})]), "It is done.")
        opened.run(number, wait=False)
        asking = opened.cell(number).get_by_role("group", name="Approval of a tool call")
        expect(asking).to_contain_text("clerk wants to call send")
        expect(asking.get_by_label("Arguments")).to_have_value(re.compile("Ada <b>"))
        if number == 1:
            opened.shot("approval")
            found = driver.violations(page, "[aria-label='Approval of a tool call']")
            assert not found, driver.describe(found)
        asking.get_by_role("button", name=button, exact=True).press("Enter")
        opened.idle()
        expect(opened.cell(number)).to_contain_text("It is done.")
        expect(asking).to_have_count(0)
    shown = opened.run(3).inner_text()
    assert "It is done." in shown and "denied" in shown


def test_chat_streams_approves_and_stops(
    notebook: Callable[..., driver.Notebook], page: Page, server: OpenAIServer
) -> None:
    load = LOAD.format(home="chats", url=server.url) + "\n" + TOOL
    chat = """from motadata_nb.widgets import Chat
ws = get_ipython()._motadata_session.workspace
Chat(ws.agent("clerk", tools=[send], approve="ask"))"""
    opened = notebook(load, chat)
    opened.run(0)
    opened.run(1)
    widget = opened.cell(1).locator(".mn-chat")
    field = widget.get_by_label("Message", exact=True)
    server.script(Answer(tool_calls=[("send", {"to": "Ada"})]), "The letter is out.")
    field.fill("Write to Ada.")
    field.press("Enter")
    approval = widget.get_by_role("group", name="clerk wants to call send")
    expect(approval).to_be_visible()
    opened.shot("chat-approval")
    found = driver.violations(page, ".mn-chat")
    assert not found, driver.describe(found)
    expect(approval).to_be_focused()
    page.keyboard.press("Enter")
    expect(approval, "what one was just typing must not approve").to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(widget.get_by_role("log")).to_contain_text("The letter is out.")
    widget.get_by_text("Tools (1)").click()
    expect(widget.get_by_role("log")).to_contain_text("sent to Ada")
    server.script(Answer(text=SENTENCE * 300, piece_delay_s=0.05))
    field.fill("Tell me all.")
    field.press("Enter")
    expect(widget.get_by_role("log")).to_contain_text("Consumers")
    widget.get_by_role("button", name="Stop").click()
    expect(widget.get_by_role("log")).to_contain_text("interrupted")
    expect(widget.get_by_role("button", name="Send")).to_be_enabled()


def test_results_stay_are_walked_by_keyboard_and_fit(notebook: Callable[..., driver.Notebook], page: Page) -> None:
    """An answer and a widget after a reload, by keyboard, in the dark theme and in a narrow window."""
    show = "from motadata_nb.widgets import RagExplorer\nRagExplorer(ws.index('shop'), 'How long may I return a lamp?')"
    opened = notebook(start("stays"), "ws.index('shop').ask('How long may I return a lamp?')", show)
    for number in range(3):
        opened.run(number)
    expect(opened.cell(2).locator(".mn-rag li").first).to_contain_text("returns")
    _reload(opened)
    _walk(opened)
    page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    with driver.dark(page):
        found = driver.violations(page, ".jp-OutputArea-output")
        assert not found, driver.describe(found)
        opened.shot("notebook-dark")
    _narrow(opened)


def _reload(opened: driver.Notebook) -> None:
    opened.save()
    opened.open()
    expect(opened.cell(1)).to_contain_text("fourteen days")
    widget = opened.cell(2).locator(".mn-rag")
    widget.get_by_label("Question").fill("How is cheese made?")
    expect(widget.locator("li").first).to_contain_text("cheese")
    expect(opened.cell(2).locator(".mn-twin")).to_be_hidden()


def _walk(opened: driver.Notebook) -> None:
    """Tab walks through answer, folds and widget in the order that one reads, and never gets stuck."""
    page = opened.page
    opened.cell(1).locator("summary").first.focus()
    page.keyboard.press("Enter")
    expect(opened.cell(1).locator("details").first).to_have_attribute("open", "")
    opened.cell(2).locator(".mn-rag").get_by_label("Question").focus()
    walked = []
    for _ in range(7):
        page.keyboard.press("Tab")
        name, ring = page.evaluate(
            """() => { const node = document.activeElement;
               return [node.getAttribute('aria-label') ?? node.tagName, getComputedStyle(node).outlineStyle]; }"""
        )
        assert ring != "none", f"no focus ring on {name}"
        walked.append(name)
    assert walked == ["Mode", "Passages", "Filter", *["SUMMARY"] * 4]
    page.keyboard.press("Alt+Shift+M")
    expect(page.locator(".mn-panel :focus")).to_have_count(1)


def _narrow(opened: driver.Notebook) -> None:
    page = opened.page
    page.set_viewport_size({"width": 480, "height": 900})
    opened.cell(2).scroll_into_view_if_needed()
    for selector in (".mn-rag", ".jp-RenderedHTMLCommon"):
        wide = page.locator(selector).evaluate_all("all => all.filter(n => n.scrollWidth > n.clientWidth + 1).length")
        assert not wide, f"{selector} is wider than its place"
    opened.shot("notebook-narrow")


def test_two_notebooks_share_a_workspace(
    notebook: Callable[..., driver.Notebook], lab_folder: Path, page: Page
) -> None:
    rows = json.dumps([{"id": "lamps", "text": "A lamp may be returned within fourteen days."}])
    load = "%load_ext motadata_nb\n%config Motadata.home = 'shared-by-two'"
    first = notebook(load, "%ingest rows --into shop\n", "%%rag shop\nHow many days for a lamp?")
    second_page = page.context.new_page()
    driver.write_notebook(lab_folder / "second.ipynb", [load, "%%rag shop\nHow many days for a lamp?"])
    second = driver.Notebook(second_page, first.address, "second").open()
    first.run(0)
    second.run(0)
    first.cell(1).locator(".cm-content").fill(
        f"import pandas as pd\nrows = pd.DataFrame({rows})\n%ingest rows --into shop"
    )
    first.run(1)
    expect(second.run(1)).to_contain_text("fourteen days")
    expect(first.run(2)).to_contain_text("fourteen days")
    second_page.close()
