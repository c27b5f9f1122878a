"""%%agent, %agent and %%sql in a real shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from motadata_nb.errors import InvalidInput, NotPermitted, UnknownName

if TYPE_CHECKING:
    from tests.magics.conftest import Cells


def test_an_agent_searches_an_index_without_a_model(handbook: Cells) -> None:
    run = handbook.run(
        "%%agent clerk --tools rag:handbook --out run --thread ada\nHow long is the right of withdrawal?"
    )
    assert handbook["run"] is run
    assert "14 days" in run.text
    assert run.thread == "ada"
    table = handbook.run("%agent threads")
    assert table.df["Thread"].tolist() == ["ada"]
    assert handbook.run("%agent threads ada").df["Kind"].tolist() == ["task", "model", "tool", "model"]
    assert handbook.run('%agent threads --search "right withdrawal"').df["Thread"].tolist() == ["ada", "ada", "ada"]


def test_functions_and_frames_of_the_notebook_are_tools(cells: Cells) -> None:
    cells.run("def double(x: int) -> int:\n    'Doubles.'\n    return 2 * x")
    run = cells.run('%%agent --model scripted --tools double\ncall double {"x": 21}')
    assert run.text == "The tools returned: 42"
    cells.shell.user_ns["sales"] = pd.DataFrame({"amount": [1, 2]})
    run = cells.run(
        '%%agent --model scripted --tools sql\ncall sql {"statement": "SELECT sum(amount) AS s FROM sales"}'
    )
    assert run.text == "The tools returned: s\n3\n(1 row)"


def test_an_unknown_tool_is_answered_with_what_can_be_one(cells: Cells) -> None:
    cells.run("import math\ndef double(x: int) -> int:\n    'Doubles.'\n    return 2 * x")
    hint = cells.error("%%agent --tools zzz\nx").hint
    assert "double" in hint and not {"exit", "quit", "get_ipython", "open", "math"} & set(hint.replace(",", "").split())


def test_headless_a_call_that_needs_approval_is_refused(cells: Cells) -> None:
    cells.run("paid = []\ndef pay() -> str:\n    'Pays.'\n    paid.append(1)\n    return 'paid'")
    run = cells.run("%%agent --model scripted --tools pay --approve ask\ncall pay {}")
    assert cells["paid"] == []
    assert "The user did not allow this call" in run.text
    assert "--approve auto" in run.text
    assert "paid" in cells.run("%%agent --model scripted --tools pay --approve auto\ncall pay {}").text


def test_a_waiting_run_is_resumed_from_a_line(cells: Cells) -> None:
    cells.run("def pay() -> str:\n    'Pays.'\n    return 'paid'")
    cells.run("import motadata_nb as mn\nfrom motadata_nb.agents.tools import Tool\nws = mn.open()")
    cells.run("payer = ws.agent('payer', model='scripted', tools=[Tool(pay, approve='ask')])")
    assert cells.run("payer.run('call pay {}', 'ada')").status == "waiting"
    assert cells.run("%agent resume ada --allow --agent payer").text == "The tools returned: paid"
    assert isinstance(cells.error("%agent resume ada"), InvalidInput)


def test_another_kernel_goes_on_with_the_agent_as_it_was(cells: Cells) -> None:
    cells.run("paid = []\ndef pay() -> str:\n    'Pays.'\n    paid.append(1)\n    return 'paid'")
    cells.run("import motadata_nb as mn\nfrom motadata_nb.agents.tools import Tool\nws = mn.open()")
    start = "ws.agent('payer', model='scripted', tools=[Tool(pay, approve='ask')]).run('call pay {}', %r).status"
    assert [cells.run(start % thread) for thread in ("ada", "bob")] == ["waiting", "waiting"]
    cells.run("kept = pay; del pay")  # as after a restart, before the cell that defines it has run
    error = cells.error("%agent resume ada --allow")
    assert isinstance(error, UnknownName)
    assert "'pay'" in str(error)
    assert cells.run("%agent threads").df["Last run"].tolist() == ["waiting", "waiting"]
    cells.run("pay = kept")
    assert cells["paid"] == []  # found by its name it is a plain function, and must still be asked for
    run = cells.run("%agent resume ada")
    assert [s.state for s in run.steps if s.kind == "approval"] == ["denied"]
    assert cells.run("%agent resume bob --allow").text == "The tools returned: paid"


def test_a_run_of_an_agent_that_is_gone_is_not_given_to_another(cells: Cells) -> None:
    cells.run("import motadata_nb as mn\nws = mn.open()\ndef look() -> str:\n    'Looks.'\n    return 'seen'")
    cells.run("a = ws.agent('lost', model=lambda messages: [('look', {})], tools=[look], steps=1)")
    assert cells.run("a.run('go', 'ada').status") == "limit"
    cells.run("del a")
    error = cells.error("%agent resume ada")
    assert isinstance(error, UnknownName)
    assert "No agent is called 'lost'" in str(error)


def test_saved_agents_are_listed_shown_and_used(handbook: Cells) -> None:
    handbook.run("import motadata_nb as mn\nws = mn.open()")
    handbook.run("ws.agent('clerk', 'Answer from the handbook.', tools=['rag:handbook']).save()")
    assert handbook.run("%agent ls").df["Agent"].tolist() == ["clerk"]
    assert "Answer from the handbook." in str(handbook.run("%agent show clerk"))
    assert "14 days" in handbook.run("%%agent clerk\nHow long is the right of withdrawal?").text
    assert isinstance(handbook.error("%agent show clark"), UnknownName)


def test_memory_is_shown_edited_and_forgotten(cells: Cells) -> None:
    cells.run("import motadata_nb as mn\nmn.open().agents.memory().remember('Likes tea.')")
    number = cells.run("%agent memory").df["Number"][0]
    table = cells.run(f'%agent memory --edit "{number} Likes coffee."')
    assert table.df["What is remembered"].tolist() == ["Likes coffee."]
    assert cells.run(f"%agent memory --forget {number}").rows == []
    assert isinstance(cells.error("%agent memory --forget 99"), UnknownName)
    assert isinstance(cells.error("%agent memory --forget tea"), InvalidInput)
    cells.run("mn.open().agents.memory().remember('Likes cake.')")
    assert cells.run("%agent memory --forget all").rows == []


@pytest.mark.parametrize(
    ("cell", "error"),
    [
        ("%%agent --tools rag:handbok\nx", UnknownName),
        ("%%agent --tools nothing\nx", UnknownName),
        ("%%agent --tools python\nx", NotPermitted),
        ("%%agent --approve maybe\nx", (UnknownName, InvalidInput)),
        ("%%agent --team nobody\nx", UnknownName),
        ("%%agent\n", InvalidInput),
        ("%agent threads nothing", UnknownName),
        ("%%sql\nDROP TABLE x", NotPermitted),
        ("%%sql\nSELECT * FROM nothing", UnknownName),
        ("%%sql\nSELECT '{{ x }}'", InvalidInput),
        ("%%sql\nSELECT {{ nothing }}", UnknownName),
    ],
)
def test_what_is_wrong_is_said(cells: Cells, cell: str, error: type[Exception]) -> None:
    cells.run("x = 1")
    assert isinstance(cells.error(cell), error)


def test_a_dry_run_calls_nothing(cells: Cells) -> None:
    cells.run("called = []\ndef act() -> None:\n    'Acts.'\n    called.append(1)")
    found = cells.run("%%agent --model scripted --tools act --instructions 'Be brief.' --dry-run\ncall act {}")
    assert [m["role"] for m in found.messages] == ["system", "user"] and [t.name for t in found.tools] == ["act"]
    assert "act: Acts." in found._repr_mimebundle_()["text/plain"] and cells["called"] == []


def test_sql_over_frames_files_and_indexes_with_bound_values(handbook: Cells) -> None:
    handbook.shell.user_ns["sales"] = pd.DataFrame({"region": ["EU", "US"], "amount": [1, 2]})
    handbook.shell.user_ns["who"] = "EU' OR 1=1 --"
    found = handbook.run("%%sql --out top\nSELECT * FROM sales WHERE region = {{ who }} OR amount = {{ 1 + 1 }};")
    assert handbook["top"] is found
    assert found.df["region"].tolist() == ["US"]
    handbook.run("top.df.to_csv('top.csv', index=False)")
    assert handbook.run("%%sql\nSELECT amount FROM 'top.csv'").df["amount"].tolist() == [2]
    assert handbook.run("%%sql\nSELECT source FROM handbook.documents").rows == 1
    assert handbook.run("%%sql --as df\nSELECT 1 AS one")["one"].tolist() == [1]


def test_a_foreign_sql_magic_is_left_alone(shell: object) -> None:
    from IPython.core.interactiveshell import InteractiveShell

    assert isinstance(shell, InteractiveShell)

    def foreign(line: str, cell: str) -> str:
        return "foreign"

    shell.register_magic_function(foreign, magic_kind="cell", magic_name="sql")
    shell.run_line_magic("load_ext", "motadata_nb")
    assert shell.run_cell_magic("sql", "", "SELECT 1") == "foreign"
    assert shell.run_cell_magic("motadata_sql", "", "SELECT 1 AS x").rows == 1
    shell.run_line_magic("unload_ext", "motadata_nb")


def test_an_agent_made_in_python_sees_the_notebook_too(cells: Cells) -> None:
    cells.shell.user_ns["sales"] = pd.DataFrame({"amount": [1, 2]})
    cells.run("import motadata_nb as mn\nagent = mn.open().agent('a', model='scripted', tools=['sql'])")
    task = 'call sql {"statement": "SELECT sum(amount) AS s FROM sales"}'
    assert cells.run(f"agent.run('{task}').text") == "The tools returned: s\n3\n(1 row)"
