"""Parsers by name and by content type."""

from __future__ import annotations

from functools import cache

from motadata_nb.errors import MissingExtra, UnreadableDocument
from motadata_nb.ingestion.base import ParsedDocument, Parser, RawDocument
from motadata_nb.registry import Registry

__all__ = ["PARSERS", "parse", "parser_for", "supported_mimes"]

PARSERS: Registry[type[Parser]] = Registry("parser", "motadata_nb.parsers", extras={"ocr": "ocr"})


@cache
def _by_mime(names: tuple[str, ...]) -> tuple[dict[str, str], dict[str, MissingExtra]]:
    found: dict[str, str] = {}
    missing: dict[str, MissingExtra] = {}
    for name in names:
        try:
            mimes = PARSERS.load(name).mimes
        except MissingExtra as error:
            missing[name] = error
            continue
        for mime in mimes:
            found.setdefault(mime, name)
    return found, missing


@cache
def _instance(name: str) -> Parser:
    return PARSERS.load(name)()


def supported_mimes() -> list[str]:
    """All content types that an installed parser reads, sorted."""
    return sorted(_by_mime(tuple(PARSERS.names()))[0])


def parser_for(mime: str) -> Parser:
    """The parser of a content type. Raises UnreadableDocument when no installed parser reads it."""
    found, missing = _by_mime(tuple(PARSERS.names()))
    if mime in found:
        return _instance(found[mime])
    hint = _HINTS.get(mime, "Convert it to PDF, DOCX, HTML, Markdown, CSV or text, and ingest that.")
    if missing:
        hint = next(iter(missing.values())).hint
    raise UnreadableDocument(f"No parser reads {_WORDS.get(mime, mime)}.", hint)


def parse(raw: RawDocument) -> ParsedDocument:
    """Text, structure and positions of a document, by the parser of its content type.

    Raises UnreadableDocument with the reason, also when the document holds no text at all.
    """
    if not raw.data:
        raise UnreadableDocument("The file is empty (0 bytes).", "Export or download it again.")
    parser = parser_for(raw.mime)
    try:
        parsed = parser.parse(raw)
    except UnreadableDocument:
        raise
    except (MemoryError, RecursionError) as error:
        raise UnreadableDocument(f"The document needs too much memory to read ({type(error).__name__}).") from error
    except Exception as error:
        # A parser that breaks on one document must not stop the ingestion of the others.
        reason = " ".join(str(error).split())[:200]
        raise UnreadableDocument(
            f"The document cannot be read: {type(error).__name__}: {reason}".rstrip(": "),
            "Open it in the program that made it, and save or export it again.",
        ) from error
    if not any(block.end > block.start for block in parsed.blocks):
        raise UnreadableDocument("The document holds no text.", "Check that it is the file you meant.")
    return parsed


_HINTS = {"application/x-encrypted-office": "Open it, remove the password, save a copy, and ingest that."}
_WORDS = {
    "application/x-encrypted-office": "Office files that are protected by a password",
    "application/vnd.ms-outlook": "Outlook messages (.msg)",
    "application/octet-stream": "this binary file (its content is of no known kind)",
    "application/msword": "old Word files (.doc)",
    "application/vnd.ms-excel": "old Excel files (.xls)",
    "application/vnd.ms-powerpoint": "old PowerPoint files (.ppt)",
    "application/x-executable": "executables",
    "application/zip": "zip archives",
    "application/gzip": "gzip archives",
    "application/epub+zip": "EPUB books",
    "application/rtf": "RTF files",
    "message/rfc822": "e-mail messages",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "PowerPoint files (.pptx)",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "Excel files (.xlsx)",
    "application/vnd.oasis.opendocument.text": "OpenDocument texts (.odt)",
    "application/vnd.oasis.opendocument.spreadsheet": "OpenDocument spreadsheets (.ods)",
    "application/vnd.oasis.opendocument.presentation": "OpenDocument presentations (.odp)",
}
