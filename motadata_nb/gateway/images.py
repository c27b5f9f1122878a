"""Pictures as parts of a message, whatever a notebook has them as."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from motadata_nb.errors import InvalidInput, nearest

__all__ = ["image_part"]

# By how their bytes begin.
_KINDS = (
    (re.compile(rb"\x89PNG"), "png"),
    (re.compile(rb"\xff\xd8\xff"), "jpeg"),
    (re.compile(rb"GIF8"), "gif"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "webp"),
    (re.compile(rb"BM....\0\0\0\0", re.DOTALL), "bmp"),
)
_SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".webp")
_MOST_BYTES = 3_700_000
"""5 MB when it is written as text, the least limit of the large providers."""
_MOST_PIXELS = 8000
_LOOKED_AT = 2048
_PICTURES = "Give a file, an address, bytes, a PIL image, a figure, or an array of pixels."


def image_part(image: Any) -> dict[str, Any]:
    """A message part from an address, a file, bytes, a PIL image, a matplotlib figure or an array of pixels."""
    if isinstance(image, Mapping):
        return dict(image)
    if isinstance(image, str) and image.lower().startswith(("http://", "https://", "data:")):
        return {"type": "image_url", "image_url": {"url": image}}
    raw = _taken(_bytes(image))
    for start, kind in _KINDS:
        if start.match(raw):
            url = f"data:image/{kind};base64,{base64.b64encode(raw).decode()}"
            return {"type": "image_url", "image_url": {"url": url}}
    raise InvalidInput(f"{_shown(image)} is not a PNG, JPEG, GIF, WebP, BMP or TIFF image.", _PICTURES)


def _taken(raw: bytes) -> bytes:
    """The picture as providers take it: a scan (TIFF) as PNG, and smaller what they refuse for its size.

    They look at no more than about `_LOOKED_AT` pixels a side themselves.
    """
    scan = raw.startswith((b"II*\0", b"MM\0*"))
    if not scan and len(raw) <= _MOST_BYTES and max(_size(raw), default=0) <= _MOST_PIXELS:
        return raw
    from PIL import Image

    buffer = BytesIO()
    try:
        with Image.open(BytesIO(raw)) as picture:
            opaque = picture.mode in ("CMYK", "F", "HSV", "I;16", "LAB", "RGB", "YCbCr")
            picture.draft("RGB", (_LOOKED_AT, _LOOKED_AT))  # of a large JPEG no more is decoded than is needed
            picture.thumbnail((_LOOKED_AT, _LOOKED_AT))
            _portable(picture).save(buffer, format="JPEG" if opaque and not scan else "PNG")
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise InvalidInput(f"The image cannot be made smaller: {error}", "Give a smaller one.") from None
    return buffer.getvalue()


def _size(raw: bytes) -> tuple[int, ...]:
    """Width and height, as the head of the file has them; none when it cannot be read."""
    from PIL import Image

    try:
        with Image.open(BytesIO(raw)) as picture:
            return picture.size
    except (OSError, Image.DecompressionBombError):
        return ()


def _bytes(image: Any) -> bytes:
    if isinstance(image, bytes | bytearray):
        return bytes(image)
    if isinstance(image, str | Path):
        try:
            return Path(image).expanduser().read_bytes()
        except OSError as error:
            folder = Path(image).expanduser().parent
            near = nearest(Path(image).name, [p.name for p in folder.glob("*") if p.suffix.lower() in _SUFFIXES])
            hint = f"Is it {Path(image).with_name(near)}?" if near else "Check the path, or the variable's name."
            raise InvalidInput(f"The image {image} cannot be read: {error.strerror}", hint) from None
    buffer = BytesIO()
    figure: Any = image if hasattr(image, "savefig") else getattr(image, "figure", None)
    try:
        if hasattr(figure, "savefig"):  # A figure, or the axes that a plot gives.
            figure.savefig(buffer, format="png")
        elif hasattr(image, "save"):
            _portable(image).save(buffer, format="PNG")
        elif hasattr(image, "__array_interface__") or hasattr(image, "__array__"):
            _pixels(image).save(buffer, format="PNG")
    except (OSError, TypeError, ValueError) as error:
        raise InvalidInput(f"{_shown(image)} cannot be made a picture: {error}", _PICTURES) from None
    return buffer.getvalue()


def _portable(image: Any) -> Any:
    """A PIL image in a mode that a PNG can have."""
    return image.convert("RGB") if getattr(image, "mode", "") in ("CMYK", "F", "HSV", "LAB", "YCbCr") else image


def _pixels(array: Any) -> Any:
    """An array of pixels as a PIL image: height × width, with 1, 3 or 4 channels.

    Values are 0 to 255, 0 to 65,535, or 0 to 1 as floats.
    """
    import numpy as np
    from PIL import Image

    values = np.asarray(array)
    if values.ndim == 3 and values.shape[2] not in (1, 3, 4) and values.shape[0] in (1, 3, 4):
        values = values.transpose(1, 2, 0)  # Channels first, as torch has them.
    if values.ndim == 3 and values.shape[2] == 1:
        values = values[:, :, 0]
    if values.dtype.kind == "f":
        scale = 255.0 if values.size == 0 or float(np.nanmax(values)) <= 1.0 else 1.0
        values = np.nan_to_num(values * scale).clip(0, 255)
    elif values.dtype.kind == "b":
        values = values * 255
    elif values.dtype.kind in "iu" and values.size and int(values.max()) > 255:
        values = values // 257  # 16 bits a pixel, as of cameras and scanners.
    if values.ndim not in (2, 3) or values.dtype.kind not in "iuf":
        raise ValueError(f"an array of shape {values.shape} and type {values.dtype}")
    return Image.fromarray(values.clip(0, 255).astype(np.uint8))


def _shown(image: Any) -> str:
    return str(image) if isinstance(image, str | Path) else type(image).__name__
