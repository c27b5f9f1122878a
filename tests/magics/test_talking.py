"""Chat mode: what goes to the agent, what stays IPython's, and that it is off until it is chosen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from motadata_nb.testing.openai_server import OpenAIServer
from tests.magics.conftest import Cells


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as started:
        yield started


@pytest.fixture
def talking(cells: Cells, server: OpenAIServer) -> Cells:
    cells.run(f"%config Motadata.api_base = {server.url!r}")
    cells.run("%config Motadata.model = 'openai/stub'")
    cells.run("%motadata chat clerk")
    return cells


def test_a_question_goes_to_the_chosen_agent(talking: Cells, server: OpenAIServer) -> None:
    talking.run("city = 'Leiden'")
    run = talking.run("? What is sold\nin {{ city }}?")
    assert run.agent == "clerk" and run.text == "echo: What is sold\nin Leiden?"
    assert talking.run("/and where else").text == "echo: and where else"
    assert len(server.requests[-1].body["messages"]) > 2, "it is one conversation"


@pytest.mark.parametrize(
    "cell", ["?city", "??city", "? city", "?%rag", "?%%rag", "?cit*", "?city.upper;", "?city\nx = 1"]
)
def test_help_stays_help(talking: Cells, server: OpenAIServer, cell: str) -> None:
    talking.run("city = 'Leiden'")
    talking.run(cell)
    assert not server.requests


def test_a_call_by_slash_stays_a_call(talking: Cells, server: OpenAIServer) -> None:
    talking.run("city = 'Leiden'")
    assert talking.run("/len city") == 6 and not server.requests
    assert talking.run("/help me with this").text == "echo: help me with this"


@pytest.mark.parametrize("cell", ["4 / 2", "# ? what\n4 / 2", "'? what'", "!true", "x = 1\n4 / 2"])
def test_python_stays_python(talking: Cells, server: OpenAIServer, cell: str) -> None:
    talking.run(cell)
    assert not server.requests


def test_an_index_can_be_chosen_and_off_is_off(handbook: Cells) -> None:
    cells = handbook
    assert "off" in str(cells.run("%motadata chat"))
    untouched = cells.shell.transform_cell("? what is it")
    cells.run("%motadata chat rag:handbook")
    assert "14 days" in cells.run("? How long may consumers withdraw?").text
    cells.run("%motadata chat off")
    assert cells.shell.transform_cell("? what is it") == untouched


def test_unloading_takes_it_away(talking: Cells) -> None:
    def ours() -> list[object]:
        return [t for t in talking.shell.input_transformers_cleanup if t.__module__.startswith("motadata_nb")]

    assert ours()
    talking.run("%unload_ext motadata_nb")
    assert not ours()
    talking.run("%load_ext motadata_nb")
