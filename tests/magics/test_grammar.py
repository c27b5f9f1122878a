"""Lines and bodies: options, quotes, filling in, and what is said about everything that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from motadata_nb.errors import InvalidInput, UnknownName
from motadata_nb_magics import VERBS
from motadata_nb_magics.words import words
from tests.magics.conftest import Cells


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", []),
        ("handbook --k 3", ["handbook", "--k", "3"]),
        ("""--where "page > 3 and source like '%2024%'" """, ["--where", "page > 3 and source like '%2024%'"]),
        ("--where='a b' x", ["--where=a b", "x"]),
        ("{{ a + 1 }} b{{ c }}d", ["{{ a + 1 }}", "b{{ c }}d"]),
        (r"C:\docs\new.pdf my\ file.pdf", [r"C:\docs\new.pdf", "my file.pdf"]),
        ("don't won't", ["don't", "won't"]),
        ('--system "say \\"hi\\""', ["--system", 'say "hi"']),
        ("a # a comment", ["a"]),
        ("a#b #c", ["a#b", "#c"]),
        ("'--quiet' ''", ["--quiet", ""]),
    ],
)
def test_words(line: str, expected: list[str]) -> None:
    assert words(line) == expected


def test_each_verb_has_a_twin_and_help_with_an_example(cells: Cells) -> None:
    known = cells.shell.magics_manager.magics
    for name in VERBS:
        assert known["line"][name] is known["line"][f"motadata_{name}"]
        text = cells.shell.object_inspect_mime(f"%{name}")["text/plain"]
        assert "Examples:" in text and f"%{name}" in text


def test_options_reach_the_verb(handbook: Cells) -> None:
    found = handbook.run("%%rag handbook --k 1 --mode=keyword --out ans\nHow long may one withdraw?")
    assert found is handbook["ans"]
    assert found.retrieval.mode == "keyword" and len(found.retrieval.hits) == 1
    assert "14 days" in found.text


def test_options_are_filled_in_too(handbook: Cells) -> None:
    handbook.run("n = 1; name = 'handbook'; how = {'mode': 'vector'}")
    found = handbook.run("%%motadata_rag {{ name }} --k {{ n }} --mode {{ how.mode }}\nHow long may one withdraw?")
    assert len(found.retrieval.hits) == 1 and found.retrieval.mode == "vector"


@pytest.mark.parametrize("hide", ["%%rag handbook --out a;\nWithdraw?", "%%rag handbook --out a\nWithdraw?;",
                                  "%%rag handbook --out a --quiet\nWithdraw?"])  # fmt: skip
def test_hidden_and_still_bound(handbook: Cells, hide: str) -> None:
    assert handbook.run(hide) is None
    assert handbook["a"].question == "Withdraw?"


def test_a_line_that_ends_in_a_semicolon_shows_nothing_and_can_be_assigned(handbook: Cells) -> None:
    assert handbook.run("%rag ls;") is None
    handbook.run("listed = %rag ls;")
    assert list(handbook["listed"].df["Index"]) == ["handbook"]


def test_forms_of_a_result(handbook: Cells) -> None:
    import json

    question = "\nHow long may one withdraw?"
    assert "14 days" in repr(handbook.run("%%rag handbook --as text" + question))
    assert json.loads(repr(handbook.run("%%rag handbook --as json" + question)))["extractive"] is True
    table = handbook.run("%%rag handbook --as df" + question)
    assert list(table.columns) == ["source", "page", "score", "sentence", "start", "end"]


WRONG = [
    ("%%rag", InvalidInput, "%%rag needs an index", "%%rag handbook"),
    ("%%rag handbook", InvalidInput, "empty", "Write below it, like: %%rag handbook"),
    ("%%rag handbook\n  \n", InvalidInput, "empty", "How long do EU customers"),
    ("%%rag handbok\nx", UnknownName, "'handbok'", "handbook"),
    ("%%rag handbook extra\nx", InvalidInput, "does not take 'extra'", "%%rag handbook"),
    ("%%rag handbook Who is it?\nx", InvalidInput, "does not take 'Who'", "line below: %%rag handbook ⏎ Who is it?"),
    ("%%rag handbook k=2\nx", InvalidInput, "does not take 'k=2'", "Try: %%rag handbook --k 2"),
    ("%%rag handbook keyword\nx", InvalidInput, "does not take 'keyword'", "Try: %%rag handbook --mode keyword"),
    ("%rag move handbook duckdb", InvalidInput, "does not take 'duckdb'", "Try: %rag move handbook --backend duckdb"),
    ("%rag move handbook --backend chroma http://db:8000", InvalidInput, "does not take 'http://db:8000'",
     "Set it before: %config Motadata.backend_urls = {'chroma': 'http://db:8000'}"),
    ("%%rag handbook --where lang = 'de'\nx", InvalidInput, "does not take '='",
     "double quotes: --where \"lang = 'de'\""),
    ("%rag remove handbook", UnknownName, "'remove'", "%rag drop NAME"),
    ("%rag rename handbook other", UnknownName, "'rename'", "%rag import FOLDER --into OTHER"),
    ("%rag snapshot handbook 'before it'", InvalidInput, "'before it' cannot be the name", "like: before-it"),
    ("%rag delete handbook *.csv", InvalidInput, "one by one", "--where \"source like '%.csv'\""),
    ("%budget -5", InvalidInput, "-5 cannot be a budget", "%budget 2.50"),
    ("%%rag handbook --kk 3\nx", UnknownName, "'--kk'", "%%rag … --k"),
    ("%%rag handbook -k 3\nx", InvalidInput, "no option -k", "--k"),
    ("%%rag handbook --k\nx", InvalidInput, "--k needs a value", "Passages"),
    ("%%rag handbook --k --quiet\nx", InvalidInput, "--k needs a value", "Passages"),
    ("%%rag handbook --k many\nx", InvalidInput, "--k many is not a whole number", "Passages"),
    ("%%rag handbook --k 0\nx", InvalidInput, "--k 0", "Passages"),
    ("%%rag handbook --mode hibrid\nx", UnknownName, "'hibrid'", "--mode hybrid"),
    ("%%rag handbook --as table\nx", UnknownName, "'table'", "text"),
    ("%%rag handbook --quiet=yes\nx", InvalidInput, "takes no value", "alone"),
    ("%%rag handbook --schema \"days int\"\nx", InvalidInput, "the schema", "--model"),
    ("%%rag handbook --out 1x\nx", InvalidInput, "'1x'", "--out answer"),
    ("%%rag handbook --out class\nx", InvalidInput, "'class'", "--out answer"),
    ("%%rag handbook --where \"page > 3\nx", InvalidInput, "not closed", "Close it"),
    ("%%rag handbook\nIs {{ anser }} it?", UnknownName, "'anser'", "{{ answer }}"),
    ("%%rag handbook\nIs {{ answer.titel }} it?", UnknownName, "'titel'", "… .title"),
    ("%%rag handbook\nIs {{ answer.__class__ }} it?", InvalidInput, "not allowed", "cell above"),
    ("%%rag handbook\nIs {{ 1 + }} it?", InvalidInput, "not understood", "--raw"),
    ("%%rag handbook\nIs {{ 1 / 0 }} it?", InvalidInput, "ZeroDivisionError", "--raw"),
    ("%%rag handbook --k {{ nowhere }}\nx", UnknownName, "'nowhere'", "--raw"),
    ("%rag", InvalidInput, "needs an action", "ls, show"),
    ("%rag handbook", InvalidInput, "'handbook'", "%%rag handbook, and the question in the line below"),
    ("%rag delete handbook", InvalidInput, "what to delete", "a filter"),
    ("%rag sho handbook", UnknownName, "'sho'", "%rag show"),
    ("%rag show", InvalidInput, "%rag show needs an index", "%rag show handbook"),
    ("%rag show handbok", UnknownName, "'handbok'", "%rag show handbook"),
    ("%llm", InvalidInput, "%llm is not a magic", "%%llm"),
    ("%%motadata\nx", InvalidInput, "%%motadata is not a magic", "%motadata"),
    ("%%llm --model no/such/model\nx", UnknownName, "no/such/model", ""),
    ("%ingest returns.md", InvalidInput, "the index", "--into handbook"),
    ("%ingest --into handbook", InvalidInput, "needs files", "%ingest handbook/*.pdf"),
    ("%ingest retuns --into handbook", UnknownName, "'retuns'", "returns"),
    ("%ingest *.pdf --into handbook", InvalidInput, "matches nothing", ""),
    ("%ingest retruns.md --into handbook", InvalidInput, "retruns.md", "returns.md"),
    ("%ingest the notes.md --into handbook", InvalidInput, "spaces in it", '"the notes.md" --into handbook'),
    ("%ingest texts --into handbook", InvalidInput, "'The first text of two'", 'a column "text"'),
    ("%ingest returns.md --into handbook --chunk 90", InvalidInput, "220 tokens", "reindex handbook --chunk-tokens 90"),
    ("%ingest returns.md --into small --chunk-tokens 9", InvalidInput, "too small", "32"),
    ("%ingest returns.md --into small --chunk-tokens 0", InvalidInput, "whole number from 1", "--chunk-tokens"),
    ("%ingest returns.md --into ../up", InvalidInput, "name of an index", "--into"),
    ("%ingest returns.md --into handbook --backend chromo", UnknownName, "'chromo'", "chroma"),
    ("%motadata confg", UnknownName, "'confg'", "%motadata config"),
    ("%%ragg handbook\nx", UnknownName, "'%%ragg'", "%%rag"),
    ("%igest returns.md", UnknownName, "'%igest'", "%ingest"),
]  # fmt: skip


def test_what_is_wrong_and_what_to_type(handbook: Cells, capsys: pytest.CaptureFixture[str]) -> None:
    handbook.shell.push({"answer": "14 days", "texts": ["The first text of two", "The second"]})
    Path("the notes.md").write_text("Notes.")
    for source, kind, what, hint in WRONG:
        capsys.readouterr()
        error = handbook.error(source)
        assert isinstance(error, kind), f"{source!r} ended with {error!r}"
        assert what in error.what and hint in error.hint, f"{source!r} says {error}"
        shown = capsys.readouterr().out.strip()
        assert "Traceback" not in shown and len(shown.splitlines()) <= 3, f"more than two lines: {shown}"
    assert handbook.run("%rag ls").df.loc[0, "Documents"] == 1, "nothing is lost"


def test_a_name_of_several_words_is_quoted_in_hints(handbook: Cells) -> None:
    handbook.run('%ingest returns.md --into "my notes"')
    assert handbook.error("%%rag my notes\nWho?").hint == 'Try: %%rag "my notes"'
    assert handbook.error('%rag docs "my note"').hint == 'Try: %rag show "my notes"'
    assert '"my notes".chunks' in handbook.error('%%sql\nSELECT * FROM "my notse".chunks').hint
    assert "14 days" in handbook.run('%%rag "my notes"\nHow long may one withdraw?').text


def test_an_ingestion_that_fails_makes_no_index(handbook: Cells) -> None:
    handbook.error("%ingest returns.md --into small --chunk-tokens 9")
    assert handbook.run("%rag ls").df["Index"].tolist() == ["handbook"]
    assert handbook.run("%ingest returns.md --into small").added == 1


def test_braces_of_others_are_left_alone(cells: Cells) -> None:
    body = r'{"a": [1, {"b": 2}]} $\frac{a}{b}$ {% if x %} {# y #} .c { color: red } 1;2'
    assert cells.run(f"%%llm scripted --no-cache\n{body}").text == f"echo: {body}"


def test_raw_fills_in_nothing(cells: Cells) -> None:
    assert cells.run("%%llm scripted --raw --no-cache\n{{ nobody }}").text == "echo: {{ nobody }}"


def test_values_are_filled_in_as_a_model_should_see_them(handbook: Cells) -> None:
    handbook.run("import pandas as pd; df = pd.DataFrame({'city': ['Leiden', 'Delft']}); d = {'a': [1, 2]}")
    handbook.run("%%rag handbook --out ans;\nHow long may one withdraw?")
    body = "{{ df }} | {{ d.a[1] }} | {{ df.city | list | upper }} | {{ ans }} | {{ none_ | default('-') }}"
    told = handbook.run(f"%%llm scripted\n{body}")
    assert "Leiden" in told.text and "| 2 |" in told.text and "'DELFT'" in told.text and "14 days" in told.text
    assert told.text.endswith("| -")


def test_a_large_table_is_cut(cells: Cells) -> None:
    cells.run("import pandas as pd; df = pd.DataFrame({'n': range(1000)})")
    told = cells.run("%%llm scripted\n{{ df }}").text
    assert "… 950 more rows" in told and len(told.splitlines()) < 60


def test_unknown_magics_of_others_are_left_to_ipython(cells: Cells) -> None:
    from IPython.core.error import UsageError

    for source in ("%%somethingelse\nx", "%somethingelse"):
        result = cells.shell.run_cell(source)
        assert isinstance(result.error_in_exec, UsageError)
