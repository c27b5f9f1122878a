"""A visitor's room runs the cells of a notebook, and keeps what they show apart."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from motadata_nb.dashboards.cells import rewrite
from motadata_nb.dashboards.html import output_html
from motadata_nb.dashboards.outputs import Output
from motadata_nb.dashboards.room import Room


@pytest.fixture
def room(workspace: Path) -> Room:
    return Room(workspace.parent)


def test_cells_of_the_language_run(room: Room) -> None:
    room.run(
        "import pandas as pd\nframe = pd.DataFrame({'id': ['a'], 'text': ['A lamp may be returned in fourteen days.']})"
    )
    ingested = room.run(rewrite("%ingest frame --into shop")).items
    assert "shop" in output_html(ingested[-1])
    room.run("what = 'lamp'")
    asked = room.run(rewrite("%%rag shop --out ans\nHow long may a {{ what }} be returned?")).items
    assert "fourteen days" in output_html(asked[-1])
    assert room.run("len(ans.sources)").items == [Output(value=1)]
    room.close()


def test_a_notebook_s_own_cells_for_ipython_run_and_say_nothing(room: Room) -> None:
    assert room.run(rewrite("%load_ext motadata_nb\n%matplotlib inline\n%pip install nothing")).items == []
    assert room.run(rewrite("names = !echo lamp\nnames[0]")).items == [Output(value="lamp")]
    assert room.run(rewrite("%%time\n6 * 7")).items == [Output(value=42)]
    assert [item.value for item in room.run("display(7)").items] == [7]


def test_errors_are_two_lines_and_name_the_cell(room: Room) -> None:
    near = room.run(rewrite("%%rag shopp\nWhy?")).items[-1].error
    assert near is not None and near[1]
    plain = room.run("x = 1\n1 / 0", "<cell 4>").items[-1].error
    assert plain == ("ZeroDivisionError: division by zero", "cell 4, line 2")


def test_printed_lines_displays_and_hidden_values(room: Room) -> None:
    shown = room.run(
        "from IPython.display import display, Markdown\nprint('one')\nprint('two')\ndisplay(Markdown('**x**'))\n3"
    ).items
    assert [i.text for i in shown] == ["one\ntwo\n", "", ""]
    assert "<strong>x</strong>" in output_html(shown[1])
    assert shown[2].value == 3
    assert room.run("3;").items == []


def test_rooms_do_not_hear_each_other(workspace: Path) -> None:
    rooms = [Room(workspace.parent) for _ in range(2)]
    heard: dict[int, str] = {}

    def talk(n: int) -> None:
        items = rooms[n].run(f"import time\nfor i in range(50):\n    print({n}, end='')\n    time.sleep(.001)").items
        heard[n] = "".join(item.text for item in items)

    threads = [threading.Thread(target=talk, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == {0: "0" * 50, 1: "1" * 50}
    assert sys.stdout is not None


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<div style='background:url(http://x.invalid)'>a</div>",
    ],
)
def test_html_of_values_cannot_act_or_fetch(room: Room, text: str) -> None:
    class Evil:
        def _repr_html_(self) -> str:
            return f"<div>{text}</div>"

    shown = output_html(Output(value=Evil()))
    assert "script" not in shown and "onerror" not in shown and "url(" not in shown
    assert "<script" not in output_html(Output(text=text)) and "<img" not in output_html(Output(text=text))
