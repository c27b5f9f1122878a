"""Markdown of models, documents and authors as HTML that may be shown.

Raw HTML is switched off, images are replaced by their text, links are shown as text unless the caller allows the
address, and the whole is cleaned by nh3 once more.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from markdown_it import MarkdownIt

__all__ = ["render_markdown"]

_PRICE = re.compile(r"\$(?=\d[\d.,]*(?:[kKmM]|bn)?(?:[\s.,;:!?)\]/*\u2013-]|$))")
"""The sign before an amount of money, where "$2x$" is a formula."""
_BLOCK = "background:rgba(128,128,128,.12);padding:6px 10px;border-radius:4px"


def render_markdown(
    text: str, links: frozenset[str] = frozenset(), pictures: Mapping[str, str] | None = None, *, authored: bool = False
) -> str:
    """Sanitised HTML of Markdown that may come from a model: no raw HTML, no images, no links but the allowed.

    `pictures` gives the data of images that may be shown, by their addresses; `authored` text may have harmless HTML.
    """
    import nh3

    rendered = _markdown(authored).render(text, {"links": links, "pictures": pictures or {}})
    tags = {"p", "br", "strong", "em", "s", "code", "pre", "ul", "ol", "li", "blockquote", "hr", "a", "span"} | {
        *(f"h{n}" for n in range(1, 7)),
        *("table", "thead", "tbody", "tr", "th", "td"),
    }
    attributes = {"a": {"href"}, "th": {"scope"}, "ol": {"start"}}
    if pictures:
        tags, attributes = tags | {"img"}, attributes | {"img": {"src", "alt"}}
    if authored:
        tags |= {"b", "center", "details", "div", "i", "kbd", "mark", "small", "sub", "summary", "sup", "u"}
    cleaned = nh3.clean(
        rendered,
        tags=tags,
        attributes=attributes,
        url_schemes={"http", "https", "data"},
        attribute_filter=_safe_address,
    )
    # What a text says of tags is escaped by now, so these are the parser's own.
    return cleaned.replace("<pre><code>", f'<pre style="{_BLOCK}"><code>')


def _safe_address(tag: str, name: str, value: str) -> str | None:
    """Images only as data, links only to the web."""
    if name == "src":
        return value if value.startswith("data:image/") else None
    return None if name == "href" and value.strip().lower().startswith("data:") else value


@lru_cache(maxsize=2)
def _markdown(authored: bool = False) -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": authored, "linkify": False}).enable("table").enable("strikethrough")
    # Which pictures and links are shown is said by the caller, not by the parser's own list of schemes.
    parser.add_render_rule("text", _text)
    parser.add_render_rule("image", _image)
    parser.add_render_rule("link_open", _link_open)
    parser.add_render_rule("link_close", _link_close)
    return parser


def _text(self: Any, tokens: Any, index: int, options: Any, env: dict[str, Any]) -> str:
    """A front end would read what stands between two prices as a formula, but does not look beyond an element."""
    return _PRICE.sub("<span>$</span>", html.escape(tokens[index].content))


def _image(self: Any, tokens: Any, index: int, options: Any, env: dict[str, Any]) -> str:
    token = tokens[index]
    data = env.get("pictures", {}).get(str(token.attrs.get("src", "")))
    if data:
        return f'<img src="{html.escape(data)}" alt="{html.escape(token.content)}">'
    return html.escape(f"[image: {token.content or 'no description'} ({token.attrs.get('src', '')})]")


def _link_open(self: Any, tokens: Any, index: int, options: Any, env: dict[str, Any]) -> str:
    href = str(tokens[index].attrs.get("href", ""))
    allowed = href in env.get("links", ())
    env.setdefault("open", []).append("</a>" if allowed else html.escape(f" ({href})"))
    return f'<a href="{html.escape(href)}" rel="noopener noreferrer">' if allowed else ""


def _link_close(self: Any, tokens: Any, index: int, options: Any, env: dict[str, Any]) -> str:
    return str(env["open"].pop()) if env.get("open") else ""
