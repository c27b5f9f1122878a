"""What a newcomer waits for: importing loads nothing heavy and opens no socket."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

HEAVY = """aiohttp alembic anthropic chromadb diskcache docx duckdb fastapi httpx jsonschema litellm lxml mcp numpy
    onnxruntime openai opentelemetry pandas panel pdfplumber pyarrow pydantic pypdfium2 requests scipy sklearn
    sqlalchemy tantivy tokenizers torch transformers"""
PROBE = """
import json, sys
opened = []
def hook(event, args):
    if event in ("socket.__new__", "socket.connect", "socket.getaddrinfo"):
        opened.append(event + str(args[1:]))
sys.addaudithook(hook)
{code}
print(json.dumps([sorted({{m.partition(".")[0] for m in sys.modules}}), opened]))
"""


def _loaded(code: str, folder: Path) -> tuple[list[str], list[str]]:
    told = subprocess.run(
        [sys.executable, "-c", PROBE.format(code=code)], cwd=folder, capture_output=True, text=True, check=True
    )
    loaded, opened = json.loads(told.stdout.splitlines()[-1])
    return sorted(set(loaded) & set(HEAVY.split())), opened


def test_importing_is_light(tmp_path: Path) -> None:
    assert _loaded("import motadata_nb", tmp_path) == ([], [])


def test_loading_the_extension_is_light(tmp_path: Path) -> None:
    shell = "from IPython.core.interactiveshell import InteractiveShell as S; s = S.instance(); "
    load = 's.run_line_magic("load_ext", "motadata_nb"); assert "rag" in s.magics_manager.magics["cell"]'
    assert _loaded(shell + load, tmp_path) == ([], [])
