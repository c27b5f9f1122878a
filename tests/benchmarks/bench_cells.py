"""What a person at a notebook waits for while typing; loading and answers are in `bench_start`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

TYPING = """
import json, time
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.completer import provisionalcompleter
shell = InteractiveShell.instance()
shell.history_manager.enabled = False
shell.run_line_magic("load_ext", "motadata_nb")
shell.push({"tickets": 1})
def tab(text):
    started = time.perf_counter()
    with provisionalcompleter():
        found = list(shell.Completer.completions(text, len(text)))
    assert found, text
    return time.perf_counter() - started
tab("%%rag han")
tabs = [tab(t) for t in ("%%rag han", "%%rag handbook --", "%rag ", "%%rag handbook\\nof {{ tick") for _ in range(5)]
print(json.dumps(max(tabs)))
"""


def run() -> list[dict[str, Any]]:
    """Rows of the table."""
    with tempfile.TemporaryDirectory() as folder:
        _told(
            "import motadata_nb as mn\nfrom pathlib import Path\n"
            "Path('a.md').write_text('# Returns\\n\\nOne may withdraw within 14 days of delivery.\\n' * 20)\n"
            "with mn.open() as ws: ws.ingest('a.md', into='handbook')",
            folder,
        )
        tab = float(json.loads(_told(TYPING, folder).splitlines()[-1]))
    note = "of 20, after one"
    return [{"name": "slowest completion", "figure": tab, "unit": "s", "target": "≤ 0.02", "ok": tab <= 0.02,
             "note": note}]  # fmt: skip


def _told(code: str, folder: str | None = None) -> str:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MOTADATA_")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder or Path.cwd(), capture_output=True, text=True, check=True,
        env=environment,
    )  # fmt: skip
    return done.stdout.strip()
