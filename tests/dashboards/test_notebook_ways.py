"""What works in a notebook's cells works in a visitor's room: plots, awaiting, displays that change, captured cells."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from motadata_nb.dashboards.cells import read_notebook, rewrite
from motadata_nb.dashboards.export import export
from motadata_nb.dashboards.html import output_html
from motadata_nb.dashboards.outputs import Outputs
from motadata_nb.dashboards.room import Room


@pytest.fixture
def room(workspace: Path) -> Room:
    return Room(workspace.parent)


def shown(room: Room, source: str) -> list[str]:
    return [output_html(item) for item in room.run(rewrite(source)).items]


def test_a_cell_may_await_on_one_loop(room: Room) -> None:
    assert room.run("import asyncio\nqueue = asyncio.Queue()\nawait queue.put(7)").items == []
    assert room.run("await queue.get()").items[-1].value == 7
    assert room.run("[n async for n in (i async for i in aiter_of())]").items[-1].error is not None
    room.close()


def test_a_plot_is_shown_when_its_cell_ends_and_once(room: Room) -> None:
    pytest.importorskip("matplotlib")
    (plain,) = shown(room, "import matplotlib.pyplot as plt\nplt.plot([1, 3, 2])\nplt.title('Returns <b>')")
    assert plain.startswith('<img src="data:image/png') and 'alt="Returns &lt;b&gt;"' in plain
    assert len(shown(room, "fig, ax = plt.subplots()\nax.plot([1, 2])\nfig")) == 1
    assert len(shown(room, "plt.plot([1])\nplt.show()\nplt.figure()\nplt.plot([2])\nplt.show()")) == 2
    assert shown(room, "len(plt.get_fignums())") == shown(room, "0"), "the next cell begins anew"
    assert len(shown(room, "plt.hist([1, 2, 2])")) == 1
    room.close()


def test_visitors_do_not_draw_into_each_other_s_figures(workspace: Path) -> None:
    pytest.importorskip("matplotlib")
    rooms = [Room(workspace.parent) for _ in range(2)]
    barrier = threading.Barrier(2, timeout=20)
    seen: dict[int, list[str]] = {}

    def run(n: int) -> None:
        rooms[n].user_ns["wait"] = barrier.wait
        draw = "wait()\nfor i in range(3):\n    plt.plot([i])\n    plt.title(name)\nwait();"
        rooms[n].user_ns["name"] = f"of visitor {n}"
        seen[n] = [output_html(item) for item in rooms[n].run(f"import matplotlib.pyplot as plt\n{draw}").items]

    threads = [threading.Thread(target=run, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(seen[n]) for n in range(2)] == [1, 1]
    assert all(f'alt="of visitor {n}"' in seen[n][0] for n in range(2))


def test_displays_change_and_are_cleared(room: Room) -> None:
    assert "b" in shown(room, "h = display('a', display_id=True)\nh.update('b')")[0]
    made = shown(room, "from IPython.display import clear_output\nprint(1)\nclear_output(wait=True)\nprint(2)")
    assert len(made) == 1 and "2" in made[0]
    made = shown(room, "from IPython.display import display, update_display\ndisplay(1, display_id='x')\n"
                       "display(2)\nupdate_display(3, display_id='x')")  # fmt: skip
    assert ["3" in made[0], "2" in made[1]] == [True, True]


def test_a_progress_bar_is_one_line(room: Room) -> None:
    (bar,) = shown(room, "from tqdm import tqdm\nfor _ in tqdm(range(3), ascii=True):\n    pass")
    assert "3/3" in bar and "0/3" not in bar


def test_other_packages_find_the_room_s_shell(room: Room) -> None:
    import IPython

    assert room.run("import IPython\nIPython.get_ipython() is get_ipython()").items[-1].value is True
    assert IPython.get_ipython() is not room.shell, "only while its cell runs"


def test_a_captured_cell_shows_nothing_and_is_kept(room: Room) -> None:
    assert shown(room, "%%capture kept\nprint('lamp')\ndisplay(7)") == []
    assert room.run("kept.stdout, len(kept.outputs)").items[-1].value == ("lamp\n", 1)


def test_nobody_types_at_the_operator_s_terminal(room: Room) -> None:
    failed = room.run("name = input('Your name? ')").items[-1].error
    assert failed is not None and "Your name?" in failed[0] and "parameters" in failed[1]


def test_outputs_tell_of_every_change(room: Room) -> None:
    told = []
    outputs = Outputs(lambda: told.append(len(outputs.items)))
    room.run("print('one')\ndisplay(2)\nprint('three')", outputs=outputs)
    assert told and told[-1] == len(outputs.items) == 3


def test_an_answer_streams_where_somebody_watches_and_leaves_one_card(workspace: Path) -> None:
    watched, unwatched = Room(workspace.parent, ask=lambda step: None), Room(workspace.parent)
    seen: list[int] = []
    outputs = Outputs(lambda: seen.append(len(outputs.items)))
    cell = "%%llm --model scripted\nA lamp may be returned."
    watched.run(rewrite(cell), outputs=outputs)
    assert len(outputs.items) == 1, [output_html(item) for item in outputs.items]
    assert len(unwatched.run(rewrite(cell)).items) == 1
    assert watched.shell.watched and not unwatched.shell.watched
    watched.close()
    unwatched.close()


def test_an_export_chooses_as_an_app_does(workspace: Path) -> None:
    import nbformat

    made = nbformat.v4.new_code_cell
    cells = [made("city = ['Leiden', 'Delft']\nk = 3", metadata={"tags": ["parameters"]}), made("print(city, k)")]
    path = workspace.parent / "n.ipynb"
    path.write_text(nbformat.writes(nbformat.v4.new_notebook(cells=cells)))
    target = workspace.parent / "n.html"
    assert export(read_notebook(path), target) == 0 and ">Leiden 3\n<" in target.read_text()
