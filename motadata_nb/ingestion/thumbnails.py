"""Small copies of pictures, as addresses that hold the picture itself: they can be shown wherever text can."""

from __future__ import annotations

import base64
import binascii
import io
import warnings
from typing import Any

__all__ = ["from_data_uri", "thumbnail"]

_SIDE = 320
_SMALLEST_SIDE = 48
"""What is smaller in the original is a rule, a bullet or an icon."""
_MOST_BYTES = 15_000
_MOST_PIXELS = 100_000_000
_QUALITIES = (75, 55, 35)


def thumbnail(picture: Any) -> str | None:
    """A JPEG of at most 320 pixels a side and 20 KB as `data:` text; None for what is tiny, broken or enormous.

    `picture` is the bytes of a picture file, or a Pillow image.
    """
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(picture)) if isinstance(picture, bytes) else picture
            if min(image.size) < _SMALLEST_SIDE or image.size[0] * image.size[1] > _MOST_PIXELS:
                return None
            image.draft("RGB", (2 * _SIDE, 2 * _SIDE))
            return _packed(_on_white(image))
    except (OSError, ValueError, SyntaxError, MemoryError, Image.DecompressionBombError):
        return None


def from_data_uri(text: str) -> bytes | None:
    """The bytes in a `data:image/…;base64,…` address; None for any other."""
    head, _, body = text.partition(",")
    if not head.lower().startswith("data:image/") or not head.lower().endswith(";base64"):
        return None
    try:
        return base64.b64decode("".join(body.split()), validate=True)
    except binascii.Error:
        return None


def _on_white(image: Any) -> Any:
    """The picture without transparency, small."""
    from PIL import Image

    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        whole = image.convert("RGBA")
        image = Image.new("RGB", whole.size, "white")
        image.paste(whole, mask=whole.getchannel("A"))
    image = image.convert("RGB")
    image.thumbnail((_SIDE, _SIDE))
    return image


def _packed(image: Any) -> str:
    for quality in _QUALITIES:
        file = io.BytesIO()
        image.save(file, "JPEG", quality=quality, optimize=True)
        if file.tell() <= _MOST_BYTES:
            break
        image.thumbnail((image.width * 3 // 4, image.height * 3 // 4))
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"
