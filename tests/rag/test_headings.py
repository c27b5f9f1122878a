"""A sentence without the heading that stands above it, by its look or because it is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from motadata_nb.ingestion.sentences import Sentence
from motadata_nb.rag.headings import below_heading
from motadata_nb.testing.openai_server import OpenAIServer
from motadata_nb.workspace import Workspace

LONG = "What every member of the club has to know before the season and after"
RULE = "Boats are locked at night."


@pytest.mark.parametrize(
    ("line", "known", "cut"),
    [
        ("Opening hours", "", True),
        ("## Opening hours", "", True),
        (LONG, "", False),
        (LONG, LONG, True),
        (LONG, f"Club > {LONG}", True),
        (LONG, "Another heading", False),
    ],
)
def test_a_heading_is_cut_where_it_looks_like_one_or_is_known(line: str, known: str, cut: bool) -> None:
    passage = f"{line}\n{RULE}"
    bare = below_heading(passage, Sentence(passage, 0, len(passage)), known)
    assert bare.text == (RULE if cut else passage)
    assert passage[bare.start : bare.end] == bare.text


def test_a_heading_alone_stays() -> None:
    assert below_heading(LONG, Sentence(LONG, 0, len(LONG)), LONG).text == LONG


def test_a_models_citation_leaves_out_a_long_heading_too(ws: Workspace, workspace: Path, server: OpenAIServer) -> None:
    file = workspace.parent / "rules.md"
    file.write_text(f"# Club\n\n## {LONG}\n\n{RULE} The key hangs in the office.\n", "utf-8")
    ws.ingest(file, into="club")
    server.script("They are locked at night [1].")
    answer = ws.index("club").ask("When are boats locked?", model="openai/stub")
    assert answer.retrieval is not None
    hit = answer.retrieval.hits[0]
    assert hit.heading and f"{LONG}\n" in hit.text
    assert answer.citations[0].sentence == RULE
