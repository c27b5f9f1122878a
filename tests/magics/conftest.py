"""A real IPython shell with the extension loaded, and a small index to ask."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from motadata_nb.errors import MotadataError

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

RETURNS = """# Returns

Consumers in the European Union have the right to withdraw within 14 days of delivery without giving any reason.

The right of withdrawal does not apply to sealed software that was opened.

# Shipping

Parcels are handed to the carrier on the day after the order. Delivery takes three to five working days.
"""


@dataclass
class Cells:
    """Runs cells as a person does."""

    shell: InteractiveShell

    def run(self, source: str) -> Any:
        """The cell's value. Raises what the cell raised."""
        result = self.shell.run_cell(source, store_history=True)
        result.raise_error()
        return result.result

    def error(self, source: str) -> MotadataError:
        """The error of ours that the cell ended with."""
        result = self.shell.run_cell(source, store_history=True)
        found = result.error_before_exec or result.error_in_exec
        assert isinstance(found, MotadataError), f"{source!r} ended with {found!r}"
        assert found.hint, f"{source!r}: {found.what} does not say what to type next"
        return found

    def __getitem__(self, name: str) -> Any:
        return self.shell.user_ns[name]


@pytest.fixture
def cells(shell: InteractiveShell) -> Iterator[Cells]:
    """A shell after `%load_ext motadata_nb`."""
    shell.run_line_magic("load_ext", "motadata_nb")
    yield Cells(shell)
    shell.run_line_magic("unload_ext", "motadata_nb")


@pytest.fixture(scope="session")
def _indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a document and a workspace that has it in `handbook`; copied for each test."""
    import motadata_nb as mn

    folder = tmp_path_factory.mktemp("handbook")
    (folder / "returns.md").write_text(RETURNS)
    with mn.open(folder / ".motadata") as ws:
        ws.ingest(folder / "returns.md", into="handbook", backend="memory")
    return folder


@pytest.fixture
def handbook(_indexed: Path, cells: Cells, workspace: Path) -> Cells:
    """Cells with an index `handbook` of one document."""
    shutil.copytree(_indexed, workspace.parent, dirs_exist_ok=True)
    return cells
