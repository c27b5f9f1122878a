"""The content type of a document, from its content; the name only decides between kinds of text."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import PurePath

from motadata_nb.ingestion.charset import decode, looks_binary

__all__ = ["detect"]

_OOXML = "application/vnd.openxmlformats-officedocument."
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"{\\rtf", "application/rtf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"\x1f\x8b", "application/gzip"),
    (b"BZh", "application/x-bzip2"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"\xfd7zXZ\x00", "application/x-xz"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"\x7fELF", "application/x-executable"),
    (b"MZ\x90", "application/x-executable"),
    (b"SQLite format 3\x00", "application/vnd.sqlite3"),
    (b"PAR1", "application/vnd.apache.parquet"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
    (b"%!PS", "application/postscript"),
)
# Names of streams inside an OLE container, as they are written there.
_OLE = (
    ("EncryptedPackage", "application/x-encrypted-office"),
    ("WordDocument", "application/msword"),
    ("Workbook", "application/vnd.ms-excel"),
    ("PowerPoint Document", "application/vnd.ms-powerpoint"),
    ("__substg1.0_", "application/vnd.ms-outlook"),
)
_TEXT_BY_NAME = {
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".mdown": "text/markdown",
    ".qmd": "text/markdown",
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".tab": "text/tab-separated-values",
    ".jsonl": "application/jsonl",
    ".ndjson": "application/jsonl",
    ".eml": "message/rfc822",
    ".vtt": "text/vtt",
}
_CODE = frozenset(
    """.py .pyi .js .mjs .ts .tsx .jsx .java .c .h .cc .cpp .hpp .cs .go .rs .rb .php .swift .kt .scala .sh .bash .ps1
    .sql .r .jl .lua .pl .m .css .scss .toml .ini .cfg .yaml .yml .tf .proto .graphql""".split()
)
_HTML_TAG = re.compile(
    r"<(?:!doctype\s+html|html|head|body|title|meta|div|p|table|h[1-6]|ul|ol|article|section|main|span|a|br|img|script)\b",
    re.IGNORECASE,
)
_MAIL_HEADER = re.compile(
    r"(?:From|To|Subject|Date|Received|Message-ID|MIME-Version|Return-Path|Delivered-To):", re.IGNORECASE
)
_MARKDOWN = re.compile(
    r"^(?:#{1,6} \S|```|\s*[-*] \[[ x]\] |\|.+\|\s*\n\|[ :|-]+\|)|\[[^\]\n]+\]\([^)\n]+\)", re.MULTILINE
)


def detect(data: bytes, name: str = "") -> str:
    """The content type of `data`; `name` (a file name or address) tells kinds of plain text apart.

    Unknown binary content is `application/octet-stream`, whatever the name says.
    """
    found = _by_signature(data)
    if found is not None:
        return found
    if looks_binary(data):
        return _by_magic(data)
    suffix = PurePath(name.lower()).suffix
    return _text_kind(data, suffix)


def _by_signature(data: bytes) -> str | None:
    head = data[:1024]
    if b"%PDF-" in head and not _HTML_TAG.match(head[:64].decode("latin-1").lstrip()):
        return "application/pdf"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_kind(data)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _ole_kind(data)
    for signature, mime in _SIGNATURES:
        if head.startswith(signature):
            return mime
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}.get(head[8:12])
    if head[4:8] == b"ftyp":
        return {b"heic": "image/heic", b"mif1": "image/heic", b"M4A ": "audio/mp4"}.get(head[8:12], "video/mp4")
    if head[:2] == b"\xff\xfb":
        return "audio/mpeg"
    return None


def _zip_kind(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            if "mimetype" in names and archive.getinfo("mimetype").file_size < 256:
                return archive.read("mimetype").decode("ascii", errors="replace").strip()
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, ValueError, EOFError):
        # A damaged Office file still names its parts in the local headers.
        names = {
            part for part in ("word/document.xml", "xl/workbook.xml", "ppt/presentation.xml") if part.encode() in data
        }
    if any(name.startswith("word/") for name in names):
        return _OOXML + "wordprocessingml.document"
    if any(name.startswith("xl/") for name in names):
        return _OOXML + "spreadsheetml.sheet"
    if any(name.startswith("ppt/") for name in names):
        return _OOXML + "presentationml.presentation"
    return "application/zip"


def _ole_kind(data: bytes) -> str:
    for stream, mime in _OLE:
        if stream.encode("utf-16-le") in data:
            return mime
    return "application/x-ole-storage"


def _by_magic(data: bytes) -> str:
    import puremagic

    try:
        # Only what puremagic is sure of: short signatures match random bytes.
        best = max(puremagic.magic_string(data[:4096]), key=lambda match: match.confidence, default=None)
    except (puremagic.PureError, ValueError):
        return "application/octet-stream"
    if best is None or best.confidence < 0.8 or not best.mime_type or best.mime_type.startswith("text/"):
        return "application/octet-stream"
    return str(best.mime_type)


def _text_kind(data: bytes, suffix: str) -> str:
    head = decode(data[:8192])[0].lstrip("\ufeff \t\n")
    if not head:
        return "text/plain"
    markup = _markup_kind(head, suffix)
    if markup is not None:
        return markup
    if head[0] in "{[" and suffix not in _TEXT_BY_NAME and suffix not in (".txt", ".text", ".log"):
        kind = _json_kind(data, head, suffix)
        if kind is not None:
            return kind
    if suffix in _TEXT_BY_NAME:
        return _TEXT_BY_NAME[suffix]
    if suffix in _CODE:
        return "text/x-code"
    if _is_mail(head):
        return "message/rfc822"
    if not suffix and len(_MARKDOWN.findall(head)) > 1:
        return "text/markdown"
    return "text/plain"


def _markup_kind(head: str, suffix: str) -> str | None:
    if suffix in _TEXT_BY_NAME or suffix in _CODE:
        return None
    start = re.sub(r"^(?:<!--.*?-->|<\?xml[^>]*>|\s)+", "", head, flags=re.DOTALL)
    if _HTML_TAG.match(start):
        return "text/html"
    if head.startswith("<?xml") or suffix in (".xml", ".nxml", ".xbrl"):
        return "application/xml"
    if suffix in (".html", ".htm", ".xhtml") and (_HTML_TAG.search(head) or head.startswith("<!--")):
        return "text/html"
    return None


def _json_kind(data: bytes, head: str, suffix: str) -> str | None:
    if suffix == ".ipynb" or ('"nbformat"' in decode(data[-2048:])[0] and '"cells"' in head):
        return "application/x-ipynb+json"
    import json

    try:
        json.loads(decode(data)[0])
        return "application/json"
    except ValueError:
        pass
    try:
        json.loads(head.partition("\n")[0])
        return "application/jsonl"
    except ValueError:
        return "application/json" if suffix == ".json" else None


def _is_mail(head: str) -> bool:
    lines = head.split("\n", 30)[:30]
    return bool(_MAIL_HEADER.match(lines[0])) and sum(1 for line in lines if _MAIL_HEADER.match(line)) >= 3
