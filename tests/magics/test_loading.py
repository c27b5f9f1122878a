"""Loading: next to nothing is imported, no socket is opened, and unloading leaves nothing behind."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.house.test_weight import HEAVY
from tests.magics.conftest import RETURNS, Cells

PROBE = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.history_manager.enabled = False
before, opened = set(sys.modules), []
def hook(event, args):
    if event in ("socket.__new__", "socket.connect", "socket.bind", "socket.getaddrinfo"):
        opened.append(event + str(args[1:]))
sys.addaudithook(hook)
shell.run_line_magic("load_ext", "motadata_nb")
loaded = sorted(set(sys.modules) - before)
for cell in {cells!r}:
    shell.run_cell(cell).raise_error()
print(json.dumps([loaded, opened]))
"""
LIGHT = {"motadata_nb", "motadata_nb.config", "motadata_nb.errors", "motadata_nb_magics", "motadata_nb_magics.hooks",
         "motadata_nb_magics.session"}  # fmt: skip


def _run(cells: list[str], folder: Path) -> tuple[list[str], list[str]]:
    told = subprocess.run(
        [sys.executable, "-c", PROBE.format(cells=cells)], cwd=folder, capture_output=True, text=True, check=True
    )
    loaded, opened = json.loads(told.stdout.splitlines()[-1])
    return loaded, opened


def test_loading_is_light(tmp_path: Path) -> None:
    loaded, opened = _run([], tmp_path)
    assert opened == []
    assert {name for name in loaded if name.startswith("motadata")} <= LIGHT
    assert not {name.partition(".")[0] for name in loaded} & {*HEAVY.split(), "asyncio", "json", "tomllib", "jinja2"}


def test_a_session_without_a_key_opens_no_socket(tmp_path: Path) -> None:
    (tmp_path / "returns.md").write_text(RETURNS)
    session = [
        "%ingest returns.md --into handbook", "%%rag handbook --out ans\nHow long may one withdraw?",
        "assert '14 days' in ans.text", "%rag ls", "%motadata", "%motadata config", "%%llm scripted\nHello",
    ]  # fmt: skip
    _, opened = _run(session, tmp_path)
    # The event loop's self-pipe is a pair of sockets that are connected to each other, and to nothing else.
    assert [event for event in opened if "socket.__new__" not in event] == []


def test_loading_twice_changes_nothing_and_unloading_leaves_nothing(cells: Cells) -> None:
    shell = cells.shell
    shell.run_line_magic("reload_ext", "motadata_nb")
    assert len(shell.Completer.custom_matchers) == 1 and len(shell.ast_transformers) == 1
    cells.run("%config Motadata.k = 3")
    shell.run_line_magic("unload_ext", "motadata_nb")
    magics = shell.magics_manager.magics
    assert not [n for kind in magics.values() for n in kind if "motadata" in n or n in ("rag", "llm", "ingest")]
    assert shell.Completer.custom_matchers == [] and shell.ast_transformers == []
    assert "Motadata" not in [type(c).__name__ for c in shell.configurables]
    shell.run_line_magic("load_ext", "motadata_nb")
    assert repr(cells.run("%config Motadata.k")) == "5"


def test_a_foreign_magic_is_left_alone(shell: object, workspace: Path) -> None:
    run = shell.run_cell  # type: ignore[attr-defined]  # an InteractiveShell
    run(
        "from IPython.core.magic import register_cell_magic\n@register_cell_magic\ndef llm(line, cell): return 'theirs'"
    )
    run("%load_ext motadata_nb").raise_error()
    assert run("%%llm\nx").result == "theirs"
    assert run("%%motadata_llm scripted\nx").result.text == "echo: x"
    run("%unload_ext motadata_nb")
    assert run("%%llm\nx").result == "theirs"
