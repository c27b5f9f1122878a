"""Documentation: what it shows runs, what it lists is true, what it points to exists."""

from __future__ import annotations

import doctest
import re
from importlib import import_module
from pathlib import Path

import pytest

from docs import generate
from tests.house.source import ROOT, modules, tracked_files

PAGES = [path for path in tracked_files() if path.suffix == ".md" and path.parent.name != "reference"]
RUNNABLE = [path for path in PAGES if re.search(r"^```(?:ipython|python)$", path.read_text("utf-8"), re.M)]
EXAMPLES = [name for name, module in modules().items() if ">>>" in module.path.read_text("utf-8")]


def test_reference_pages_say_what_is_there() -> None:
    stale = [path.name for path, text in generate.pages().items() if not path.exists() or path.read_text() != text]
    assert stale == [], "type: make docs"


def test_every_extra_is_described() -> None:
    assert sorted(generate.EXTRAS) == sorted(generate.PROJECT["optional-dependencies"])


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    text = re.sub(r"```.*?```|`[^`\n]*`", "", path.read_text("utf-8"), flags=re.S)
    links = re.findall(r"\]\(([^)#\s]+)", text) + re.findall(r'(?:src|srcset|href)="([^"#]+)"', text)
    assert [link for link in links if "://" not in link and not (path.parent / link).exists()] == []


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of someone who reads page after page; what one page has ingested is there for the next."""
    folder = tmp_path_factory.mktemp("reader")
    (folder / "notebooks").symlink_to(ROOT / "notebooks")
    return folder


@pytest.mark.timeout(600)
@pytest.mark.parametrize("path", RUNNABLE, ids=lambda path: str(path.relative_to(ROOT)))
def test_code_blocks_run(path: Path, shell: object, reader: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from IPython.core.interactiveshell import InteractiveShell

    assert isinstance(shell, InteractiveShell)
    monkeypatch.chdir(reader)
    for block in re.findall(r"^```(?:ipython|python)\n(.*?)^```$", path.read_text("utf-8"), re.M | re.S):
        shell.run_cell(block).raise_error()


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_in_docstrings_run(name: str, workspace: Path) -> None:
    result = doctest.testmod(import_module(name))
    assert result.attempted > 0 and result.failed == 0
