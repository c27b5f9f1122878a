"""Documents made for the tests: small PDFs written by hand, Word files by python-docx."""

from __future__ import annotations

import hashlib
import io
import itertools
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import docx

_PADDING = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")


@dataclass(frozen=True)
class Words:
    """A line of text on a page; `turn` in quarter turns to the left."""

    text: str
    x: float
    y: float
    size: float = 10
    bold: bool = False
    turn: int = 0

    def drawn(self) -> bytes:
        """The line as PDF operators."""
        a, b = ((1, 0), (0, 1), (-1, 0), (0, -1))[self.turn % 4]
        text = self.text.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
        font = b"/F2" if self.bold else b"/F1"
        place = f"{a} {b} {-b} {a} {self.x} {self.y} Tm".encode()
        return b"BT %s %g Tf %s (%s) Tj ET\n" % (font, self.size, place, text)


def pdf(pages: Iterable[Iterable[Words]], *, title: str = "", password: str | None = None, rotate: int = 0) -> bytes:
    """A PDF; with `password` it is encrypted (40-bit RC4) and opens with that user password."""
    contents = [b"".join(words.drawn() for words in page) for page in pages]
    identifier = hashlib.md5(b"".join(contents)).digest()
    owner = _rc4(hashlib.md5(_padded("owner")).digest()[:5], _padded(password or ""))
    permissions = struct.pack("<i", -4)
    key = hashlib.md5(_padded(password or "") + owner + permissions + identifier).digest()[:5]

    objects: list[bytes] = []
    first_page = 5
    kids = " ".join(f"{first_page + 2 * number} 0 R" for number in range(len(contents)))
    objects.append(b"<< /Type /Catalog /Pages 2 0 R >>")
    objects.append(f"<< /Type /Pages /Kids [{kids}] /Count {len(contents)} >>".encode())
    objects += [
        f"<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>".encode()
        for name in ("Helvetica", "Helvetica-Bold")
    ]
    for number, content in enumerate(contents):
        stream = first_page + 2 * number + 1
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Rotate {rotate} /Contents {stream} 0 R "
            "/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>".encode()
        )
        if password is not None:
            salted = hashlib.md5(key + struct.pack("<I", stream)[:3] + b"\0\0").digest()[:10]
            content = _rc4(salted, content)
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
    trailer = b"/Root 1 0 R /ID [<%s> <%s>]" % ((identifier.hex().encode(),) * 2)
    if title:
        objects.append(b"<< /Title (%s) >>" % title.encode())
        trailer += b" /Info %d 0 R" % len(objects)
    if password is not None:
        user = _rc4(key, _PADDING)
        values = (owner.hex().encode(), user.hex().encode())
        objects.append(b"<< /Filter /Standard /V 1 /R 2 /O <%s> /U <%s> /P -4 >>" % values)
        trailer += b" /Encrypt %d 0 R" % len(objects)
    return _file(objects, trailer)


def scanned_pdf(text: str) -> bytes:
    """A PDF that holds only the picture of a text."""
    import pypdfium2

    drawn = pypdfium2.PdfDocument(pdf([[Words(text, 72, 700, size=20)]]))
    image = drawn[0].render(scale=2, grayscale=True).to_numpy()
    drawn.close()
    height, width = image.shape[:2]
    picture = b"<< /Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray /BitsPerComponent 8 "
    pixels = image.tobytes()
    return _file(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
            b"/Resources << /XObject << /I 5 0 R >> >> >>",
            b"<< /Length 30 >>\nstream\nq 612 0 0 792 0 0 cm /I Do Q  \nendstream",
            picture % (width, height) + b"/Length %d >>\nstream\n%s\nendstream" % (len(pixels), pixels),
        ],
        b"/Root 1 0 R",
    )


def _file(objects: list[bytes], trailer: bytes) -> bytes:
    out = io.BytesIO()
    out.write(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.writelines(b"%010d 00000 n \n" % place for place in places)
    out.write(b"trailer\n<< /Size %d %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, start))
    return out.getvalue()


def _padded(password: str) -> bytes:
    return (password.encode("cp1252") + _PADDING)[:32]


def _rc4(key: bytes, data: bytes) -> bytes:
    state = list(range(256))
    j = 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out = bytearray()
    i = j = 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)


def column(text: str, x: float, top: float, *, width: int = 42, step: float = 12, size: float = 10) -> list[Words]:
    """Running text as the lines of a column, `width` characters each."""
    lines: list[str] = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return [Words(line, x, top - step * number, size) for number, line in enumerate(lines)]


def sentences(subject: str, count: int) -> str:
    """Prose about a subject."""
    verbs = itertools.cycle(["describes", "explains", "measures", "compares", "questions"])
    return " ".join(f"The {subject} of part {n} {next(verbs)} what came before it." for n in range(1, count + 1))


def word_file(write: Callable[[docx.document.Document], None]) -> bytes:
    """A Word file that `write` fills."""
    document = docx.Document()
    write(document)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()
