"""XML of any kind: titles, paragraphs with what is marked up inside them, and records of plain fields."""

from __future__ import annotations

from typing import Any

from motadata_nb.errors import UnreadableDocument
from motadata_nb.ingestion.base import ParsedDocument, RawDocument
from motadata_nb.ingestion.building import TextBuilder

__all__ = ["XmlParser"]

_TITLES = frozenset("title article-title head heading subject".split())


class XmlParser:
    """Text of an XML document. Entities are not expanded and nothing outside the document is read."""

    mimes: tuple[str, ...] = ("application/xml",)

    def parse(self, raw: RawDocument) -> ParsedDocument:
        """The document's text. Raises UnreadableDocument where there is no element to read."""
        from lxml import etree

        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, recover=True, remove_comments=True, remove_pis=True
        )
        try:
            root = etree.fromstring(raw.data, parser)
        except (etree.XMLSyntaxError, ValueError) as error:
            raise UnreadableDocument("The XML is broken.", "Repair it, or rename it to .txt.") from error
        if root is None:
            raise UnreadableDocument("The XML is broken.", "Repair it, or rename it to .txt.")
        builder = TextBuilder()
        _walk(builder, root)
        return builder.build(title=next(_titles(root), ""))


def _titles(root: Any) -> Any:
    for element in root.iter():
        if _name(element) in ("article-title", "title"):
            yield _text(element)


def _walk(builder: TextBuilder, root: Any) -> None:
    stack = [(root, 1)]
    while stack:
        element, depth = stack.pop()
        name, children = _name(element), [child for child in element if _name(child)]
        if name in _TITLES:
            builder.add("heading", _text(element), level=min(depth, 9))
        elif not children or _has_own_text(element, children):
            builder.add("paragraph", _text(element))
        elif len(children) > 1 and all(_is_field(child) for child in children):
            builder.add("paragraph", "; ".join(f"{_name(c)}: {_text(c)}" for c in children if _text(c)))
        else:
            stack.extend((child, depth + 1) for child in reversed(children))


def _has_own_text(element: Any, children: list[Any]) -> bool:
    return bool((element.text or "").strip() or any((child.tail or "").strip() for child in children))


def _is_field(element: Any) -> bool:
    return len(element) == 0 and _name(element) not in (*_TITLES, "p")


def _text(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


def _name(element: Any) -> str:
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""
