"""What every explorer must do. For pytest:

class TestMine(ExplorerSuite):
    def explorer(self, workspace): return MyExplorer(workspace.index("shop"))
"""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from motadata_nb.explorers.base import ExplorerWidget
from motadata_nb.workspace import Workspace, open_workspace

__all__ = ["ExplorerSuite"]

_EVIL = "<img src=x onerror=alert(1)>"


class ExplorerSuite(ABC):
    """Subclass it, and pytest runs these tests on your explorer."""

    @abstractmethod
    def explorer(self, workspace: Workspace) -> ExplorerWidget:
        """A new explorer on a workspace whose index `shop` has three documents, one of them hostile."""

    def _workspace(self, folder: Path) -> Workspace:
        import pandas as pd

        workspace = open_workspace(folder / "explored", backend="memory")
        rows = [("lamps", "A lamp may be returned within fourteen days."), ("evil", f"A lamp {_EVIL} is dangerous.")]
        workspace.ingest(pd.DataFrame([*rows, ("bikes", "Bikes.")], columns=["id", "text"]), into="shop")
        return workspace

    def test_shows_something_without_a_kernel(self, tmp_path: Path) -> None:
        """Three forms, none empty, and none in which a document's text is markup."""
        with self._workspace(tmp_path) as workspace:
            explorer = self.explorer(workspace)
            assert isinstance(explorer, ExplorerWidget)
            static = explorer.static()
            explorer.close()
        assert {"text/plain", "text/markdown", "text/html"} <= set(static) and all(static.values())
        assert "<img" not in static["text/html"]

    def test_state_can_be_sent(self, tmp_path: Path) -> None:
        """What goes to the front end is JSON; bytes go beside it."""
        with self._workspace(tmp_path) as workspace:
            explorer: Any = self.explorer(workspace)
            json.dumps(explorer.view)
            explorer.close()

    def test_script_fetches_nothing_and_writes_no_html(self, tmp_path: Path) -> None:
        """The script is one module: no import, no address, no HTML made of text."""
        with self._workspace(tmp_path) as workspace:
            explorer: Any = self.explorer(workspace)
            script, sheet = str(explorer._esm), str(explorer._css)
            explorer.close()
        assert not re.search(
            r"\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval|fetch|import)\s*[(=]", script
        )
        assert not re.search(r"https?://|^\s*import\b", script, re.MULTILINE)
        assert "url(" not in sheet and "@import" not in sheet

    def test_an_unknown_wish_does_no_harm(self, tmp_path: Path) -> None:
        """A message that it does not know is passed over."""
        with self._workspace(tmp_path) as workspace:
            explorer = self.explorer(workspace)
            explorer.handle({"do": "nothing we know"}, [])
            explorer.close()
