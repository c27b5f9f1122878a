"""What a user does first, from a folder that is not the project; run in an environment that has only the wheel."""

import sys
from pathlib import Path

import motadata_nb as mn

assert "site-packages" in mn.__file__, mn.__file__
Path("returns.md").write_text("# Returns\n\nCustomers in the EU can return a product within 30 days of delivery.\n")

with mn.open() as workspace:
    report = workspace.ingest(["returns.md"], into="handbook")
    assert len(report.added) == 1, report
    answer = workspace.index("handbook").ask("How many days do EU customers have to return a product?")
    assert "30 days" in answer.text and answer.extractive, answer
    assert answer.sources["source"][0].endswith("returns.md")

from IPython.core.interactiveshell import InteractiveShell  # noqa: E402

shell = InteractiveShell.instance()
shell.run_line_magic("load_ext", "motadata_nb")
shell.run_cell_magic("rag", "handbook --out said", "How many days do EU customers have to return a product?")
assert "30 days" in shell.user_ns["said"].text
assert not {"fastapi", "jupyterlab", "panel", "psycopg"} & set(sys.modules), "the base install needs no extra"
print("smoke: ok")
