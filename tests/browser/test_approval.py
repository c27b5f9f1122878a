"""A tool call is allowed, edited, refused or left for later by button, while the cell that asks is running."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser import driver

pytestmark = [pytest.mark.server("chromium"), pytest.mark.slow]

# The kernel inherits pytest's mark, by which it would take itself for a notebook that nobody watches.
SETUP = f"""import os
os.environ.pop("PYTEST_CURRENT_TEST", None)
%load_ext motadata_nb
{driver.CLERK}"""


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("button", "edited", "said", "money"),
    [
        ("Approve", "", "refunded 250 for A-7", "[250.0]"),
        ("Approve", '{"order": "A-7", "amount": 25}', "refunded 25 for A-7", "[25.0]"),
        ("Deny", "", "The user did not allow this call.", "[]"),
        ("Decide later", "", "waiting for approval", "[]"),
    ],
    ids=["approved", "edited", "denied", "later"],
)
def test_a_call_is_decided_by_button(
    notebook: Callable[..., driver.Notebook], button: str, edited: str, said: str, money: str
) -> None:
    opened = notebook(SETUP, "%%agent clerk --thread ada\nPlease refund order A-7.", "print(paid)")
    opened.run(0)
    output = opened.run(1, wait=False)
    box = output.get_by_role("group", name="Approval of a tool call")
    box.wait_for(timeout=60_000)
    assert "clerk wants to call refund" in box.inner_text()
    arguments = box.get_by_label("Arguments, as JSON")
    assert '"amount": 250' in arguments.input_value()
    if edited:
        arguments.fill(edited)
    opened.shot(f"approval-{button.split()[0].lower()}{'-edited' if edited else ''}")
    box.get_by_role("button", name=button, exact=True).click()
    expect(output).to_contain_text(said)
    opened.idle()
    expect(box).to_have_count(0)
    assert money in opened.run(2).inner_text()


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("typed", "said", "money"),
    [("y", "refunded 250 for A-7", "[250.0]"), ("n too much", "The user did not allow this call", "[]")],
    ids=["yes", "no"],
)
def test_a_call_is_decided_by_typing_where_no_message_reaches_a_running_cell(
    notebook: Callable[..., driver.Notebook], typed: str, said: str, money: str
) -> None:
    opened = notebook(SETUP, "%%agent clerk --thread bob\nPlease refund order A-7.", "print(paid)")
    # As JupyterLab's setting "Comms over subshells: disabled" does it.
    kernel = "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel"
    opened.page.evaluate(f"() => {{ {kernel}.commsOverSubshells = 'disabled'; }}")
    opened.run(0)
    output = opened.run(1, wait=False)
    field = output.locator("input.jp-Stdin-input")
    expect(field).to_be_visible(timeout=60_000)
    expect(output).to_contain_text("clerk wants to call refund")
    opened.shot(f"approval-typed-{typed[0]}")
    field.fill(typed)
    field.press("Enter")
    expect(output).to_contain_text(said)
    opened.idle()
    assert money in opened.run(2).inner_text()
