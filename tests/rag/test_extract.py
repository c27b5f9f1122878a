from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from motadata_nb.embeddings.minilm import MiniLM
from motadata_nb.rag.extractive.choosing import choose_pieces, each_question
from motadata_nb.rag.extractive.definitions import defines
from motadata_nb.rag.extractive.extract import extract_answer
from motadata_nb.rag.extractive.extraction import Extract, Extraction
from motadata_nb.rag.extractive.unknown import unknown_names
from motadata_nb.rag.grounding.features import content
from motadata_nb.rag.words.acronyms import spelled_out
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


def lexical(question: str, *passages: str, contexts: Sequence[str] = ()) -> Extraction:
    scored = [(text, 1.0 - n / 10) for n, text in enumerate(passages)]
    return extract_answer(question, scored, embed, lambda word: 2.0, contexts=contexts)


def test_a_name_that_stands_nowhere_is_refused(ws: Workspace) -> None:
    text = "The company has 412 employees: 230 in Sweden and 121 in Poland. Employees work from home on Fridays."
    ws.ingest(pd.DataFrame({"id": [1], "text": [text]}), into="staff")
    index = ws.index("staff")
    assert index.ask("How many employees work in Poland?").found
    assert not index.ask("How many employees work in Germany?").found
    assert not index.ask("How many employees are in Norway?").found


def test_a_name_in_the_title_stands_there(ws: Workspace, workspace: Path) -> None:
    report = workspace.parent / "Velopharm report.md"
    report.write_text("# Velopharm report\n\nWe own our headquarters in Seattle. We sell bandages.\n")
    ws.ingest(report, into="report")
    answer = ws.index("report").ask("Where are Velopharm's headquarters?")
    assert answer.text.startswith("We own our headquarters in Seattle. [1]")


def test_unknown_names_are_those_of_no_spelling() -> None:
    texts = ["Thomas Sheepshanks gave the V&A museum to Kiel in 1857."]
    assert unknown_names("What did Thomas Sheeshanks give to the V&A?", texts) == set()
    assert unknown_names("What did Harald give to Kiel?", texts) == {"harald"}
    assert unknown_names("Was kostet ein Eintritt?", texts) == set()
    assert unknown_names("How long is it when I'm ill?", texts) == set()


def test_a_heading_of_the_document_is_never_an_answer() -> None:
    found = lexical(
        "How is a refund paid?",
        "How a refund is paid\n\nA refund is paid to the card.",
        contexts=["Returns > How a refund is paid"],
    )
    assert [piece.text for piece in found.sentences] == ["A refund is paid to the card."]


def test_the_same_thing_is_said_once() -> None:
    found = lexical(
        "When did we acquire Holt Foods?",
        "(1) We acquired Holt Foods on 28 August 2017.",
        "(2) We acquired Holt Foods on 28 August 2017.",
        "We acquired Holt Foods on 29 August 2017.",
    )
    assert len(found.sentences) == 2


def test_a_definition_is_preferred_where_one_is_asked_for() -> None:
    found = lexical(
        "What is residual risk?",
        "Residual risk rose and residual risk fell in the plants. Residual risk is what remains after treatment.",
    )
    assert found.sentences[0].text == "Residual risk is what remains after treatment."
    assert defines("What does ALM stand for?", ["The alpha model (ALM) runs.", "ALM runs."]) == [True, False]
    assert defines("What is the price of oil?", ["The price of oil is 7."]) == [False]


def test_small_words_spell_out_an_abbreviation_of_three_letters() -> None:
    assert (
        spelled_out("Who is the CEO?", ["the chief executive officer is Ada"]) == "Who is the chief executive officer?"
    )
    assert spelled_out("Is it in the US?", ["under some trees"]) == "Is it in the US?"


def test_a_row_about_something_else_is_not_the_answer() -> None:
    table = "Lamp | Price\nAurora | 59 euro\nPolaris | 129 euro"
    found = lexical("What is the price of the lamp Polaris?", table)
    assert found.sentences[0].shown == "Polaris \u2014 Price: 129 euro"
    assert found.sentences[0].text == "Polaris | 129 euro"


def test_a_row_is_about_what_its_title_names_and_no_heading(ws: Workspace, workspace: Path) -> None:
    rows = "| Property | Value |\n|---|---|\n| Boiler | 5.2 litres |\n| Power | 3.1 kW |\n| Warranty | 30 months |"
    errors = "Error E04 means that the water tank is empty. Error E09 means that the flow meter is blocked."
    text = f"# Merlin K5\n\n## Safety\n\nNever open the Merlin under pressure.\n\n## Data\n\n{rows}\n\n{errors}\n"
    (workspace.parent / "merlin.md").write_text(text)
    ws.ingest(workspace.parent / "merlin.md", into="manuals")
    for question in ("How long is the warranty of the Merlin?", "How long does the warranty last?"):
        assert ws.index("manuals").ask(question).text.startswith("Warranty \u2014 Value: 30 months [1]")


def test_a_long_run_of_words_is_cropped_around_the_match(ws: Workspace) -> None:
    text = " ".join(["delta paper stone window"] * 40 + ["the code of the vault is 7391"] + ["river glass"] * 60)
    ws.ingest(pd.DataFrame({"id": [1], "text": [text]}), into="run")
    answer = ws.index("run").ask("What is the code of the vault?")
    cited = answer.citations[0]
    assert "7391" in answer.text and len(cited.sentence) <= 300 and "\u2026" in answer.text
    assert text[cited.start : cited.end] == cited.sentence


def test_two_questions_are_answered_one_by_one(ws: Workspace) -> None:
    texts = ["The chief executive officer is Amara Okafor.", "The warranty for pumps lasts two years."]
    ws.ingest(pd.DataFrame({"id": [1, 2], "text": texts}), into="two")
    answer = ws.index("two").ask("Who is the chief executive officer?\n\nHow long is the warranty for pumps?")
    assert [c.sentence for c in answer.citations] == texts
    assert each_question("Why? Because.") == ["Why? Because."]


def test_a_list_is_shown_whole_and_cited_as_it_stands(ws: Workspace, workspace: Path) -> None:
    rules = workspace.parent / "rules.md"
    rules.write_text("# Rules\n\nThe following goods cannot be returned:\n\n- opened software\n- swimwear\n\nAsk us.\n")
    ws.ingest(rules, into="rules")
    answer = ws.index("rules").ask("Which goods cannot be returned?")
    assert answer.text.startswith("The following goods cannot be returned: opened software; swimwear. [1]")
    cited = answer.citations[0]
    assert cited.sentence.endswith("- swimwear") and cited.sentence in cited.passage


def test_who_is_asked_for_may_stand_in_the_sentence_that_goes_on() -> None:
    text = "The works council meets on the first Tuesday of each month. Its chair is Ewa Nowak. Rooms are blue."
    found = lexical("Who leads the works council?", text)
    assert [piece.text for piece in found.sentences[:2]] == [text.split(". ")[0] + ".", "Its chair is Ewa Nowak."]
    assert found.sentences[1].score >= found.sentences[0].score / 3


def test_rows_of_a_table_do_not_disagree() -> None:
    records = ["sku: L-1; name: Alto desk lamp; price: 59", "sku: L-2; name: Basso desk lamp; price: 129"]
    pieces = [Extract(text=t, passage=0, start=0, end=len(t), score=0.5) for t in records]
    assert choose_pieces([("What does the desk lamp cost?", pieces)]) == (pieces, ())
    sentences = ["The desk lamp costs 59 euros today.", "The desk lamp costs 129 euros today."]
    pieces = [Extract(text=t, passage=n, start=0, end=len(t), score=0.5) for n, t in enumerate(sentences)]
    assert choose_pieces([("What does it cost?", pieces)])[1] == ("[1] and [2] disagree (numbers)",)


def test_a_sentence_further_on_is_no_neighbour_of_the_best() -> None:
    """Also where those in between are not likely enough to be embedded."""
    bound = "red blue green grey brown black white amber ochre pink lilac teal gold silver".split()
    other = " ".join(f"The Calder almanac of {1900 + n} is bound in {colour}." for n, colour in enumerate(bound))

    def support(*sentences: str) -> float:
        given = [(" ".join(sentences), 1.0), (other, 0.5)]
        return extract_answer("Who publishes the Calder almanac?", given, MiniLM().embed, lambda word: 3.0).support

    owner, leaflet = "The Calder almanac belongs to Mara Lunde.", "A leaflet is published weekly."
    likely, unlikely = "The Calder almanac of 1890 is bound in wool.", "Rain fell."
    between = support(owner, likely, leaflet)
    assert support(owner, leaflet, unlikely) > between + 0.05
    assert support(owner, unlikely, leaflet) == pytest.approx(between, abs=0.01)


def test_what_is_nearest_below_an_item_is_said_of_its_own_passage() -> None:
    passages = [*PASSAGES, ("2.2 Pumps are checked each spring by the fitter of the plant.", 0.1)]
    found = extract_answer("What does clause 2.2 say about frost?", passages, embed, lambda w: 2.0)
    best = found.sentences[0]
    assert not found.supported and best.passage == 2 and best.text in passages[best.passage][0]


def test_a_disagreement_beside_the_question_is_not_named() -> None:
    said = {"It is inspected every six weeks.": 0.98, "The warranty of the pump lasts 24 months.": 0.01,
            "The warranty of the pump lasts 36 months.": 0.009}  # fmt: skip
    pieces = [Extract(text=t, passage=n, start=0, end=len(t), score=s) for n, (t, s) in enumerate(said.items())]
    assert choose_pieces([("How often is the pump inspected?", pieces)])[1] == ()
