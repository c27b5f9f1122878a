from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from motadata_nb.rag.acronyms import spelled_out
from motadata_nb.rag.extract import extract_answer
from motadata_nb.rag.groundedness_features import content
from motadata_nb.workspace import Workspace

PASSAGES = [
    ("The plant opened in Kiel. Its main pump moves 420 litres an hour. Mary Sand designed the pump in 1987.", 2.0),
    ("Gardens need water. Roses like sun.", 0.1),
]


def embed(texts: Sequence[str]) -> NDArray[np.float32]:
    rows = np.full((len(texts), 256), 1e-3, dtype=np.float32)
    for row, text in zip(rows, texts, strict=True):
        for word in content(text):
            row[crc32(word.encode()) % 256] += 1
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def test_the_sentence_with_the_answer_comes_first_with_its_span() -> None:
    found = extract_answer("How many litres does the main pump move?", PASSAGES, embed, lambda w: 2.0)
    best = found.sentences[0]
    assert "420 litres" in best.text
    assert PASSAGES[best.passage][0][best.start : best.end] == best.text
    assert found.supported and found.support > 0.5


def test_the_kind_of_answer_that_is_asked_for_counts() -> None:
    found = extract_answer("When was the pump designed?", PASSAGES, embed, lambda w: 2.0)
    assert "1987" in found.sentences[0].text


def test_a_question_without_an_answer_is_refused() -> None:
    found = extract_answer("Which treaty ended the Crimean war?", PASSAGES, embed, lambda w: 2.0)
    assert not found.supported and found.support < 0.05


def test_nothing_to_read_is_refused() -> None:
    for question, passages in (("Why?", []), ("  ", PASSAGES), ("Why?", [("", 1.0)])):
        assert extract_answer(question, passages, embed, lambda w: 1.0).supported is False


def test_an_abbreviation_is_found_by_the_words_it_stands_for() -> None:
    assert spelled_out("May EU customers return it?", ["In the European Union they may."]) == (
        "May European Union customers return it?"
    )
    assert spelled_out("Who leads NASA?", ["National Aeronautics and Space Administration"]) == (
        "Who leads National Aeronautics and Space Administration?"
    )
    assert spelled_out("What does the EU say?", ["The EU and the European Union"]) == "What does the EU say?"
    assert spelled_out("Is there an ABC?", ["Nothing of the kind."]) == "Is there an ABC?"


def test_an_answer_in_other_words_is_given_and_an_unrelated_one_is_not(ws: Workspace) -> None:
    texts = [
        "Consumers in the European Union may withdraw from the purchase within 14 days after delivery.",
        "Orders to Norway cost 12 euros and take five working days.",
    ]
    ws.ingest(pd.DataFrame({"id": [1, 2], "text": texts}), into="rules")
    index = ws.index("rules")
    assert "14 days" in index.ask("How long do EU customers have to return a product?").citations[0].sentence
    assert not index.ask("How many employees does the company have?").found
    assert not index.ask("What is the capital of France?").found


def test_yes_or_no_is_answered_by_what_repeats_the_question(ws: Workspace) -> None:
    ws.ingest(pd.DataFrame({"id": [1], "text": ["Damage by frost is not covered. Pumps are blue."]}), into="rules")
    assert ws.index("rules").ask("Is damage by frost covered?").text.startswith("Damage by frost is not covered.")


def test_a_heading_is_no_part_of_the_sentence_below_it(ws: Workspace, workspace: Path) -> None:
    guide = workspace.parent / "guide.md"
    guide.write_text("# Shipping\nOrders over 50 euro ship free within the EU.\n")
    ws.ingest(guide, into="guide")
    answer = ws.index("guide").ask("Which orders ship free?")
    cited = answer.citations[0]
    assert answer.text == "Orders over 50 euro ship free within the EU. [1]"
    assert guide.read_text()[cited.start : cited.end] == cited.sentence == answer.text.removesuffix(" [1]")
