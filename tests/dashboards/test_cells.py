"""Notebooks read for an app: magics as calls, dependencies, inputs."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import nbformat
import pytest

from motadata_nb.dashboards.cells import affected, read_notebook, rewrite
from motadata_nb.dashboards.html import markdown_html
from motadata_nb.dashboards.inputs import fields_of
from motadata_nb.dashboards.quota import Quota
from motadata_nb.dashboards.serving import _address_of
from motadata_nb.errors import InvalidInput


def _notebook(path: Path, *sources: str, tags: dict[int, list[str]] | None = None) -> Path:
    cells = [nbformat.v4.new_code_cell(s, metadata={"tags": (tags or {}).get(n, [])}) for n, s in enumerate(sources)]
    path.write_text(nbformat.writes(nbformat.v4.new_notebook(cells=cells)))
    return path


@pytest.mark.parametrize(
    "source",
    [
        '%%rag handbook --out ans\nIs this {{ a }} question\'s end?\n\n- "quoted" \\n \N{SNOWMAN}',
        "%load_ext motadata_nb\nx = 1",
        "files = !ls\nx = %rag ls\nprint(x)",
        "%%sql\nselect 1 -- 'a'",
        "df?",
    ],
)
def test_rewritten_cells_are_python(source: str) -> None:
    ast.parse(rewrite(source))


def test_a_magic_keeps_its_body_to_the_letter() -> None:
    body = 'Say "it\'s" {{ x }} \\ {not this} \N{SNOWMAN}\n  indented'
    call = ast.parse(rewrite(f"%%rag shop --k 3\n{body}")).body[0]
    assert isinstance(call, ast.Expr) and isinstance(call.value, ast.Call)
    assert [ast.literal_eval(a) for a in call.value.args] == ["rag", "shop --k 3", body + "\n"]


def test_what_is_not_python_names_the_cell() -> None:
    with pytest.raises(InvalidInput, match="Cell 3"):
        rewrite("x = = 1", 2)


def test_a_missing_or_broken_notebook_says_so(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no notebook"):
        read_notebook(tmp_path / "none.ipynb")
    (tmp_path / "broken.ipynb").write_text("{")
    with pytest.raises(InvalidInput, match="not a notebook"):
        read_notebook(tmp_path / "broken.ipynb")


def test_only_what_depends_on_an_input_runs_again(tmp_path: Path) -> None:
    cells = read_notebook(
        _notebook(
            tmp_path / "n.ipynb",
            "country = 'EU'\nk = 3",
            "%ingest files --into shop",
            "%%rag shop --out ans\nWhat of {{ country }}?",
            "table = ans.sources",
            "other = k + 1",
            "table.head()",
            tags={0: ["parameters"]},
        )
    ).cells
    assert [cell.number for cell in affected(cells, ["country"])] == [2, 3, 5]
    assert [cell.number for cell in affected(cells, ["k"])] == [4]
    assert [cell.number for cell in affected(cells, ["files"])] == [1, 2, 3, 5]


def test_tags_hide_and_leave_out(tmp_path: Path) -> None:
    path = _notebook(tmp_path / "n.ipynb", "1", "2", "3", tags={0: ["hide-output"], 1: ["skip-app"]})
    assert [(cell.number, cell.shown) for cell in read_notebook(path).cells] == [(0, False), (2, True)]


def test_inputs_are_the_plain_assignments() -> None:
    first = "q = 'Why?'  # Your question\nk = 5\nt = 0.5\non = True\n"
    source = first + "city = ['Leiden', 'Delft']\nrun = open('x')\nd = date(2026, 1, 31)"
    assert [(f.name, f.kind, f.label) for f in fields_of(source)] == [
        ("q", "text", "Your question"),
        ("k", "integer", "K"),
        ("t", "number", "T"),
        ("on", "switch", "On"),
        ("city", "choice", "City"),
        ("d", "date", "D"),
    ]


def test_a_quota_counts_one_hour_and_one_visitor() -> None:
    quota = Quota(2)
    assert not quota.refuses("a", 0) and not quota.refuses("a", 10)
    assert "in 60 minutes" in quota.refuses("a", 20)
    assert not quota.refuses("b", 20)
    assert not quota.refuses("a", 3601)


def test_pictures_of_markdown_are_files_beside_the_notebook_and_attachments(tmp_path: Path) -> None:
    (tmp_path / "my pic.png").write_bytes(b"PNG")
    text = "![own](my%20pic.png) ![kept](attachment:a.png) ![gone](no.png) ![far](https://x.invalid/a.png) ![f](/etc/x)"
    cell = nbformat.v4.new_markdown_cell(text, attachments={"a.png": {"image/png": "QUFB"}, "b": {"text/html": "<b>"}})
    path = tmp_path / "n.ipynb"
    path.write_text(nbformat.writes(nbformat.v4.new_notebook(cells=[cell])))
    (read,) = read_notebook(path).cells
    assert set(read.pictures) == {"my%20pic.png", "attachment:a.png"}
    shown = markdown_html(read.source, read.pictures, authored=True)
    assert shown.count("<img") == 2 and "x.invalid/a.png)" in shown and 'src="http' not in shown


@pytest.mark.parametrize("authored", [True, False])
def test_an_author_s_html_is_harmless_and_a_model_s_is_text(authored: bool) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)><b onclick=x>b</b><a href='javascript:x'>j</a>"
    shown = markdown_html(
        f"<details><summary>More</summary>x</details> {evil}\n\n<iframe src=x></iframe>", authored=authored
    )
    assert not re.search(r"<(script|iframe)|<[^>]*(onerror|onclick|javascript:)", shown)
    assert ("<details>" in shown) is authored


@pytest.mark.parametrize(
    ("remote", "forwarded", "visitor"),
    [
        ("9.9.9.9", "6.6.6.6", "9.9.9.9"),
        ("127.0.0.1", "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.3", "", "10.0.0.3"),
        ("::1", "2001:db8::1", "2001:db8::1"),
        ("", "", "visitor"),
    ],
)
def test_a_visitor_cannot_pass_for_another_to_have_more_runs(remote: str, forwarded: str, visitor: str) -> None:
    assert _address_of(remote, forwarded) == visitor
