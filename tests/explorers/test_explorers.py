"""The explorers of the package pass the suite, and do what they promise without a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from motadata_nb.agents.result import AgentRun
from motadata_nb.errors import InvalidInput
from motadata_nb.explorers.registry import explore
from motadata_nb.testing.explorer_suite import ExplorerSuite
from motadata_nb.workspace import Workspace, open_workspace
from motadata_nb_widgets.projection import arrange, cluster, principal, themes


class TestIndex(ExplorerSuite):
    def explorer(self, workspace: Workspace) -> Any:
        return explore("index", workspace.index("shop"), "May I return a lamp?")


class TestMap(ExplorerSuite):
    def explorer(self, workspace: Workspace) -> Any:
        return explore("map", workspace.index("shop"), "lamp")


class TestChat(ExplorerSuite):
    def explorer(self, workspace: Workspace) -> Any:
        chat: Any = explore("chat", workspace.index("shop"))
        chat.say("May I return a lamp?")
        return chat


class TestAgentRun(ExplorerSuite):
    def explorer(self, workspace: Workspace) -> Any:
        return explore("agent_run", AgentRun(text="<img src=x>", status="done", agent="clerk"))


class TestUpload(ExplorerSuite):
    def explorer(self, workspace: Workspace) -> Any:
        panel: Any = explore("upload", workspace, "shop")
        return panel


def test_an_answer_opens_the_explorer_on_its_question(tmp_path: Path) -> None:
    import pandas as pd

    with open_workspace(tmp_path / "w", backend="memory") as workspace:
        workspace.ingest(pd.DataFrame({"text": ["A lamp may be returned in fourteen days."]}), into="shop")
        answer = workspace.index("shop").ask("When may a lamp be returned?")
        explorer = answer.explore()
        assert explorer.view["question"] == answer.question and explorer.view["hits"]
        explorer.close()
        import copy

        with pytest.raises(InvalidInput, match="without its index"):
            copy.deepcopy(answer.retrieval).explore()


def test_clusters_and_layout_keep_neighbours_together() -> None:
    random = np.random.default_rng(1)
    kind = np.arange(300) % 3
    vectors = (random.standard_normal((3, 32))[kind] + 0.2 * random.standard_normal((300, 32))).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    of = cluster(vectors)
    assert all(len(set(kind[of == c].tolist())) == 1 for c in set(of.tolist()))
    placed = arrange(vectors, of, principal(vectors))
    assert np.abs(placed).max() <= 1 and np.isfinite(placed).all()
    distance = np.linalg.norm(placed[:, None] - placed[None], axis=2) + 9 * np.eye(300)
    assert (kind[distance.argmin(axis=1)] == kind).mean() == 1
    names, of = themes(["red apple", "red apple", "steel wheel"], np.array([0, 2, 1], np.int32))
    assert names == ["apple", "steel, wheel"] and of.tolist() == [0, 0, 1], "one theme, one cluster"


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_few_points_are_a_map_too(count: int) -> None:
    vectors = np.eye(8, dtype=np.float32)[:count]
    of = cluster(vectors)
    assert arrange(vectors, of, principal(vectors)).shape == (count, 2)


def test_the_static_form_shows_the_evidence_of_a_long_passage(tmp_path: Path) -> None:
    import pandas as pd

    filler = "Bicycles are repaired in the workshop beside the canal. " * 8
    text = f"{filler}A lamp may be returned within fourteen days. {filler}"
    with open_workspace(tmp_path / "w", backend="memory") as workspace:
        workspace.ingest(pd.DataFrame({"text": [text]}), into="shop")
        explorer: Any = explore("index", workspace.index("shop"))
        explorer.search("When may a lamp be returned?")
        shown = explorer.static()["text/html"]
        explorer.close()
    assert "<mark" in shown and shown.index("… ") < shown.index("A lamp may be returned within fourteen days.</mark>")
