"""What the Tab key offers in our cells, as any front end gets it: through the shell's completer."""

from __future__ import annotations

from pathlib import Path

from IPython.core.completer import provisionalcompleter, rectify_completions

from tests.magics.conftest import Cells


def offered(cells: Cells, text: str) -> list[str]:
    """What is offered at the `^` of the text, each with what it completes."""
    at = text.index("^")
    source = text.replace("^", "", 1)
    with provisionalcompleter():
        found = rectify_completions(source, cells.shell.Completer.completions(source, at))
        return [completion.text for completion in found]


def test_actions_options_and_their_values(handbook: Cells) -> None:
    assert offered(handbook, "%rag ^")[:3] == ["ls", "show", "docs"]
    assert offered(handbook, "%rag sh^") == ["show"]
    assert offered(handbook, "%rag show ^")[:1] == ["handbook"]
    assert offered(handbook, "%%rag h^\nWhat?") == ["handbook"]
    assert "--mode" in offered(handbook, "%%rag handbook ^") and "--mode" in offered(handbook, "%%rag handbook --^")
    assert "--mode" not in offered(handbook, "%%rag handbook --mode hybrid --^")
    assert offered(handbook, "%%rag handbook --mode ^") == ["hybrid", "vector", "keyword"]
    assert offered(handbook, "%%rag handbook --mode=k^") == ["keyword"]
    assert offered(handbook, "%%motadata_rag ha^") == ["handbook"]


def test_models_backends_and_files(handbook: Cells, workspace: Path) -> None:
    handbook.run("%config Motadata.models = {'fast': 'scripted'}")
    assert {"fast", "scripted", "extractive"} <= set(offered(handbook, "%%llm ^"))
    assert offered(handbook, "%%rag handbook --model fa^") == ["fast"]
    assert "memory" in offered(handbook, "%ingest returns.md --into x --backend ^")
    (workspace.parent / "my notes").mkdir()
    (workspace.parent / "my notes" / "one.md").touch()
    assert offered(handbook, "%ingest ret^") == ["returns.md"]
    assert offered(handbook, "%ingest my^") == ["my\\ notes/"]
    assert offered(handbook, "%ingest my\\ notes/^") == ["my\\ notes/one.md"]


def test_models_are_the_same_before_and_after_litellm_is_loaded(cells: Cells) -> None:
    from motadata_nb.gateway.litellm_sdk import load

    before = offered(cells, "%%llm openai/gpt-^")
    load()
    assert offered(cells, "%%llm openai/gpt-^") == before and "openai/gpt-4o-mini" in before


def test_tools_and_queries(handbook: Cells) -> None:
    handbook.run("import pandas as pd; sales = pd.DataFrame({'city': ['Leiden'], 'amount': [3]})")
    assert "rag:handbook" in offered(handbook, "%%agent --tools ^")
    assert offered(handbook, "%%agent --tools sql,rag:h^") == ["rag:handbook"]
    assert offered(handbook, "%%sql\nSELECT am^ FROM sales") == ["amount"], "the table stands behind the cursor"
    assert offered(handbook, "%%sql\nSELECT am^") == ["amount"]
    assert offered(handbook, "%%sql\nSELECT city FROM sales WHERE am^") == ["amount"]
    assert offered(handbook, "%%sql\nSELECT city FROM sal^") == ["sales"]


def test_variables_inside_braces(handbook: Cells) -> None:
    handbook.run("import pandas as pd; tickets = pd.DataFrame({'city': ['Leiden']}); plan = {'steps': 3}")
    assert offered(handbook, "%%rag handbook\nWhat of {{ tick^ }}?") == ["tickets"]
    assert offered(handbook, "%%rag handbook\nWhat of {{ tickets.ci^ }}?") == ["tickets.city"]
    assert offered(handbook, "%%rag handbook\nWhat of {{ plan.^")[0] == "plan.steps"
    assert "upper" in offered(handbook, "%%rag handbook\nWhat of {{ tickets | u^")[0:2]
    assert offered(handbook, "%%rag {{ pl^") == ["plan"]
    assert "In" not in offered(handbook, "%%rag handbook\n{{ ^"), "the shell's own names are noise"


def test_no_python_in_a_body(handbook: Cells) -> None:
    bodies = ["%%rag handbook\nimp^", "%%rag handbook\nWhat is pri^", "%%llm scripted\nfor x in ran^"]
    for text in [*bodies, '%%rag handbook --where "page > 3 an^', "%%rag handbook\n{{ a }} pri^"]:
        assert offered(handbook, text) == [], text


def test_python_elsewhere(handbook: Cells) -> None:
    assert "print" in offered(handbook, "pri^")
    assert "print" in offered(handbook, "x = 1\npri^")
    assert "%%rag" in offered(handbook, "%%ra^")
    assert "IPCompleter" in offered(handbook, "%config IPC^")


def test_settings(cells: Cells) -> None:
    assert offered(cells, "%config Motadata.mode^") == ["Motadata.mode = ", "Motadata.model = ", "Motadata.models = "]


def test_looking_makes_nothing(cells: Cells, workspace: Path) -> None:
    assert offered(cells, "%%rag ^") == [] or offered(cells, "%%rag ^")[0].startswith("--")
    assert not workspace.exists()


def test_a_slip_of_the_finger_is_forgiven(handbook: Cells) -> None:
    assert offered(handbook, "%%rag handbook --wheer^")[0] == "--where"
    assert offered(handbook, "%rag shw^") == ["show"]
    assert offered(handbook, "%%rag hadnbook^") == ["handbook"]
    assert offered(handbook, "%%rag handbook --mode vecotr^") == ["vector"]
    assert offered(handbook, "%%rag handbook --zz^") == []


def test_an_assigned_magic_is_completed_without_python(handbook: Cells) -> None:
    assert "docs" in offered(handbook, "found = %rag ^") and "lambda" not in offered(handbook, "found = %rag ^")
    assert offered(handbook, "a, b = %rag docs ha^") == ["handbook"]


def test_documents_are_offered_where_they_are_taken(handbook: Cells) -> None:
    assert offered(handbook, "%rag delete handbook ^"), "the documents of the index"
