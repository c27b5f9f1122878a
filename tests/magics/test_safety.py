"""Text of models, documents and tools is data wherever it is shown: no markup, no load, no order to a terminal."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from motadata_nb.cards import Card, Code, Mark, Preformatted, Section, Table
from motadata_nb.rendering import to_html, to_markdown, to_text

OURS = {"div", "span", "b", "br", "p", "table", "thead", "tbody", "tr", "th", "td", "mark", "meter", "code", "pre",
        "details", "summary", "strong", "em", "s", "ul", "ol", "li", "blockquote", "hr", "h1", "h2", "h3", "h4", "h5",
        "h6"}  # fmt: skip
ATTRIBUTES = {"style", "scope", "open", "min", "max", "value", "start"}
SCRIPT = re.compile(r"\s*(javascript|data|vbscript):", re.IGNORECASE)
LOADS = re.compile(r"url\s*\(|expression|@import|javascript:", re.IGNORECASE)


class Elements(HTMLParser):
    """What a browser would see that is not ours, or that would load something."""

    def __init__(self) -> None:
        super().__init__()
        self.foreign: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        bad = [name for name, value in attrs if name not in ATTRIBUTES or LOADS.search(value or "")]
        if tag not in OURS or bad:
            self.foreign.append(f"<{tag} {' '.join(bad)}>")


class Loading(HTMLParser):
    """What a permissive renderer would run or fetch without a click."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        runs = [n for n, v in attrs if n.startswith("on") or n in ("src", "srcset", "data", "background", "poster")]
        if runs or tag in (
            "script",
            "iframe",
            "object",
            "embed",
            "link",
            "meta",
            "base",
            "style",
            "svg",
            "img",
            "form",
        ):
            self.found.append(f"<{tag} {attrs}>")
        self.found += [
            f"<{tag} {v}>"
            for n, v in attrs
            if n == "href" and re.match(r"\s*(javascript|data|vbscript):", v or "", re.I)
        ]


def everywhere(text: str) -> Card:
    """A card that has the text in every place."""
    table = Table([text, "n"], [[text, 1], [Mark(text, ((1, 4),)), 2], [Code(text), 3]], frozenset({"n"}))
    return Card(
        title=text, body=text, summary=table, status=(text,), attention=(text,),
        sections=(Section(title=text, content=Preformatted(text)), Section(title=text, content=table),
                  Section(title=text, content=text), Section(title=text, content=Mark(text, ((0, 3),)))),
    )  # fmt: skip


def hostile(shared_data: Path) -> Iterator[str]:
    """All texts of the lists."""
    for name, key in (("xss_payloads.jsonl", "payload"), ("markdown_exfil.jsonl", "markdown")):
        with (shared_data / "security" / name).open(encoding="utf-8") as lines:
            yield from (str(json.loads(line)[key]) for line in lines)


@pytest.mark.shared_data
def test_html_has_nothing_but_ours(shared_data: Path) -> None:
    checked = 0
    for text in hostile(shared_data):
        for card in (everywhere(text), Card(body=text, plain=True)):
            found = Elements()
            found.feed(to_html(card))
            assert found.foreign == [], f"{text!r}"
        checked += 1
    assert checked > 1000


@pytest.mark.shared_data
def test_markdown_loads_nothing_when_it_is_rendered_again(shared_data: Path) -> None:
    permissive = MarkdownIt("gfm-like", {"html": True, "linkify": False})
    for text in hostile(shared_data):
        for card in (everywhere(text), Card(body=text, plain=True)):
            found = Loading()
            found.feed(permissive.render(to_markdown(card)))
            assert found.found == [], f"{text!r}"


def test_links_of_cited_sources_stay_and_others_are_text() -> None:
    body = "See [the policy](https://good.example/p) and [this](https://bad.example/?q=secret)."
    shown = to_html(Card(body=body, links=frozenset({"https://good.example/p"})))
    assert 'href="https://good.example/p"' in shown and 'href="https://bad' not in shown
    assert "https://bad.example/?q=secret" in shown


@pytest.mark.parametrize("body", ["see www.bad.example/?q=secret", "[this](//bad.example/?q=secret)"])
def test_an_address_without_a_scheme_is_no_link_in_markdown(body: str) -> None:
    assert "href" not in MarkdownIt("gfm-like").render(to_markdown(Card(body=body)))
    assert to_markdown(Card(body="**a** // b")) == "**a** // b"


def test_a_terminal_takes_no_orders() -> None:
    shown = to_text(everywhere("safe\x1b[2J\x1b]0;owned\x07 text\x9b31m\r"))
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", shown) and "safe" in shown


def test_text_is_at_most_ten_lines_and_not_wide() -> None:
    long = "word " * 400
    wide = Table(["Name", "Value", "Why"], [[long, long, 1.5]] * 30, frozenset({"Why"}))
    for card in (Card(title="t", body=long, summary=wide, status=(long,), sections=(Section(title="s", content=wide),)),
                 Card(summary=wide), Card(body="a\n" * 50), everywhere("x\ny\n" * 20)):  # fmt: skip
        lines = to_text(card).splitlines()
        assert len(lines) <= 10 and max(map(len, lines)) <= 120


def test_code_blocks_stand_apart_and_a_text_cannot_fake_one() -> None:
    shown = to_html(Card(body="```python\nx = 1 < 2\n```\n\n<pre><code>no</code></pre>"))
    assert re.search(r'<pre style="background:[^"]+"><code>x = 1 &lt; 2', shown)
    assert shown.count("<pre") == 1 and "&lt;pre&gt;&lt;code&gt;no" in shown


def test_text_says_how_many_lines_it_leaves_out() -> None:
    rows = Table(["Name"], [[f"row {n}"] for n in range(20)])
    assert to_text(Card(title="t", sections=(Section(title="s", content=rows),))).splitlines()[-1] == "… 14 more lines"
    both = to_text(Card(body="a\n\n" * 40, status=("s",), sections=(Section(title="s", content=rows),)))
    assert both.count("more lines") == 1 and both.splitlines()[-1] == "s", (
        "the quiet line stays, and the rest is said once"
    )


def test_a_long_passage_in_a_terminal_begins_with_what_is_marked() -> None:
    passage = "Tickets are sold aboard and at the counter. " * 4 + "Bicycles travel free of charge. Dogs need a muzzle."
    at = passage.index("Bicycles")
    rows = [["[1]", "ferry.md", Mark(passage, ((at, at + 31),))], ["[2]", "a.md", Mark("Short.", ((0, 6),))]]
    shown = to_text(Card(sections=(Section(title="s", content=Table(["", "Source", "Evidence"], rows)),)))
    assert "…Bicycles travel free of charge." in shown and shown.endswith("Short.")
