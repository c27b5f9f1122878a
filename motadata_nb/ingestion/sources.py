"""What a user gives to `ingest`, as an iterator of documents that are read one at a time."""

from __future__ import annotations

import glob
import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePath
from typing import Any

from motadata_nb.errors import InvalidInput, UnreadableDocument, nearest
from motadata_nb.ingestion.frames import as_frame, frame_name, frame_sources
from motadata_nb.ingestion.source import Source, Sources

__all__ = ["Source", "Sources", "find_sources"]

_MAX_DOWNLOAD = 200 * 1024 * 1024
_READABLE_NAMES = 200
_TEXTS = 'To ingest texts, put them into a DataFrame with a column "text".'


def find_sources(given: Any, *, name: str = "", base: Path | None = None) -> Sources:
    """The documents behind what a user gives.

    `given` is a path, folder, glob, http(s) address, table with a column `text` (see `as_frame`), open file, bytes,
    `(name, bytes)`, `{name: bytes, text or DataFrame}`, or a list of those. `name` is what to call a DataFrame or
    bytes; `base` is the folder that relative paths start from (default: the working folder).

    Raises InvalidInput, before anything is read, when something does not exist, matches nothing, or is no document.
    """
    base = (base or Path.cwd()).absolute()
    parts = _parts(given, name, base)
    total = sum(part.total for part in parts)
    if not parts or total == 0:
        raise InvalidInput(
            "There is nothing to ingest.", "Give a file, a folder, a pattern such as docs/*.pdf, or a DataFrame."
        )
    origins = tuple(dict.fromkeys(origin for part in parts for origin in part.origins))
    return Sources(total, origins, lambda: _unique(source for part in parts for source in part))


def _unique(sources: Iterable[Source]) -> Iterator[Source]:
    seen: set[str] = set()
    for source in sources:
        if source.key not in seen:
            seen.add(source.key)
            yield source


def _parts(given: Any, name: str, base: Path) -> list[Sources]:
    if isinstance(given, str | os.PathLike):
        return [_place(os.fspath(given), base)]
    if isinstance(given, bytes | bytearray | memoryview):
        return [_content(name, bytes(given))]
    frame = as_frame(given)
    if frame is not None:
        return [frame_sources(frame, name or frame_name(given))]
    if hasattr(given, "read"):
        return [_file_like(given, name)]
    if isinstance(given, Mapping):
        return [part for key, value in given.items() for part in _named(str(key), value, base)]
    if isinstance(given, tuple) and len(given) == 2 and isinstance(given[0], str) and _is_content(given[1]):
        return _named(given[0], given[1], base)
    if isinstance(given, Iterable):
        return [part for item in given for part in _parts(item, name, base)]
    raise InvalidInput(
        f"{type(given).__name__} cannot be ingested.",
        "Give a path, folder, pattern, address, DataFrame, open file or bytes.",
    )


def _is_content(value: Any) -> bool:
    return isinstance(value, bytes | bytearray | memoryview)


# Files


def _place(text: str, base: Path) -> Sources:
    if text.startswith(("http://", "https://")):
        return _address(text)
    if not text.strip():
        raise InvalidInput("The path is empty.", "Give a file, a folder or a pattern such as docs/*.pdf.")
    if "\n" in text or len(text) > 4096:
        raise InvalidInput("This text is not a path.", _TEXTS)
    path = base / Path(text).expanduser()
    try:
        exists = path.exists() or path.is_symlink()
    except (OSError, ValueError):
        exists = False
    if not exists:
        return _pattern(text, base)
    if path.is_dir():
        return _folder(path, base)
    return _files([Path(os.path.normpath(path))], base, origin="")


def _files(paths: list[Path], base: Path, *, origin: str) -> Sources:
    return Sources(len(paths), (origin,) if origin else (), lambda: (_file(path, base, origin) for path in paths))


def _file(path: Path, base: Path, origin: str) -> Source:
    size = mtime = None
    try:
        found = path.stat()
        size, mtime = found.st_size, found.st_mtime
    except OSError:
        # A broken link or a file that has just gone: reading it says so.
        pass
    return Source(
        key=str(path), source=_shown(path, base), origin=origin, read=lambda: _read(path), size=size, mtime=mtime
    )


def _read(path: Path) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise UnreadableDocument(f"{path.name} is no ordinary file.", "Give a file, a folder or a pattern.")
        return path.read_bytes()
    except PermissionError as error:
        raise UnreadableDocument(f"{path.name} may not be read.", "Change the permissions of the file.") from error
    except FileNotFoundError as error:
        raise UnreadableDocument(f"{path.name} is gone, or a link to nothing.", "Ingest the folder again.") from error
    except OSError as error:
        raise UnreadableDocument(f"{path.name} cannot be read: {error.strerror or error}.") from error


def _shown(path: Path, base: Path) -> str:
    try:
        return path.relative_to(base).as_posix()
    except ValueError:
        return path.as_posix()


def _folder(path: Path, base: Path) -> Sources:
    path = Path(os.path.normpath(path))
    found = list(_walk(path, {_identity(folder) for folder in (path, *path.resolve().parents)}))
    if not found:
        raise InvalidInput(f"The folder {_shown(path, base)} holds no files.", "Hidden files are left out.")
    return _files(found, base, origin=str(path))


def _walk(folder: Path, above: set[tuple[int, int]]) -> Iterator[Path]:
    """Files in a folder and below, by name; a folder that links to one above it is not entered again."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        # Kept as a document that cannot be read, so that it is reported and not overlooked.
        yield folder
        return
    for entry in entries:
        if _is_hidden(entry.name):
            continue
        path = Path(entry.path)
        if entry.is_dir():
            identity = _identity(path)
            if identity not in above:
                yield from _walk(path, above | {identity})
        elif entry.is_file() or entry.is_symlink():
            yield path


def _identity(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return found.st_dev, found.st_ino


def _is_hidden(name: str) -> bool:
    """Hidden files and folders (so also .git, .motadata, .ipynb_checkpoints), and the lock files of Office."""
    return name.startswith((".", "~$")) or name in ("__pycache__", "Thumbs.db", "desktop.ini")


def _pattern(text: str, base: Path) -> Sources:
    if not glob.has_magic(text):
        raise _missing(text, base)
    pattern = os.path.normpath(base / Path(text).expanduser())
    found = sorted(Path(match) for match in _glob(pattern))
    files = [path for path in found if not path.is_dir() and not _is_hidden(path.name)]
    if not files:
        hint = _existing_part(Path(pattern), base)
        what = "only folders" if found else "nothing"
        raise InvalidInput(f"The pattern {text} matches {what}.", hint)
    return _files(files, base, origin=pattern)


def _glob(pattern: str) -> list[str]:
    # pathlib's glob takes only relative patterns, and this one leaves hidden files out.
    return glob.glob(pattern, recursive=True)  # noqa: PTH207


def _existing_part(pattern: Path, base: Path) -> str:
    folder = pattern.parent
    while glob.has_magic(str(folder)):
        folder = folder.parent
    if not folder.exists():
        missing = _missing(_shown(folder, base), base)
        return f"{missing.what} {missing.hint}"
    suffixes = sorted({path.suffix for path in _some(folder) if path.suffix})
    if suffixes:
        return f"{_place_name(folder, base)} has files that end in {', '.join(suffixes[:8])}"
    return f"{_place_name(folder, base)} has no files."


def _some(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return [Path(entry.path) for entry, _ in zip(entries, range(_READABLE_NAMES), strict=False)]
    except OSError:
        return []


def _missing(text: str, base: Path) -> InvalidInput:
    """The error for a path that does not exist, with the nearest one that does."""
    path = Path(os.path.normpath(base / Path(text).expanduser()))
    if len(text.split()) > 3 and not Path(text).suffix.strip(".") and "/" not in text:
        return InvalidInput(f"There is no file or folder '{text[:60]}{'…' * (len(text) > 60)}'.", _TEXTS)
    known = base
    for part in path.relative_to(base).parts if path.is_relative_to(base) else path.parts:
        following = known / part
        if not following.exists():
            near = nearest(part, [entry.name for entry in _some(known)])
            hint = f"Try: {_shown(known / near, base)}" if near else _listing(known, base)
            return InvalidInput(f"There is no file or folder {text}.", hint)
        known = following
    return InvalidInput(f"There is no file or folder {text}.", _listing(base, base))


def _listing(folder: Path, base: Path) -> str:
    names = sorted(entry.name for entry in _some(folder) if not _is_hidden(entry.name))
    shown = ", ".join(names[:8]) + (" …" if len(names) > 8 else "")
    return f"{_place_name(folder, base)} has: {shown}" if names else f"{_place_name(folder, base)} is empty."


def _place_name(folder: Path, base: Path) -> str:
    """A folder as it is best recognised: from the working folder, or where that one is."""
    return f"The folder {folder}" if folder == base else _shown(folder, base)


# Contents and addresses


def _named(name: str, value: Any, base: Path) -> list[Sources]:
    if as_frame(value) is not None:
        return _parts(value, name, base)
    if isinstance(value, str):
        data = value.encode("utf-8", "surrogatepass")
        # A name like notes.md says how the text is to be read.
        text = None if PurePath(name).suffix else value
        source = Source(key=name, source=name, read=lambda: data, size=len(data), text=text)
        return [Sources(1, (), lambda: iter([source]))]
    if not _is_content(value):
        raise InvalidInput(
            f"{name} is {type(value).__name__}, not bytes, text or a DataFrame.",
            "Give {name: bytes}, {name: text} or {name: DataFrame}.",
        )
    return [_content(name, bytes(value))]


def _content(name: str, data: bytes) -> Sources:
    shown = name or f"bytes {hashlib.sha256(data).hexdigest()[:12]}"
    source = Source(key=shown, source=shown, read=lambda: data, size=len(data))
    return Sources(1, (), lambda: iter([source]))


def _file_like(stream: Any, name: str) -> Sources:
    shown = name or str(getattr(stream, "name", "") or "")
    data = stream.read()
    return _content(shown, data.encode("utf-8", "surrogatepass") if isinstance(data, str) else bytes(data))


def _address(url: str) -> Sources:
    source = Source(key=url, source=url, read=lambda: _download(url))
    return Sources(1, (), lambda: iter([source]))


def _download(url: str) -> bytes:
    import httpx

    hint = "Check the address in a browser."
    try:
        with httpx.stream("GET", url, follow_redirects=True, timeout=30) as response:
            if response.status_code >= 400:
                raise UnreadableDocument(f"{url} answered {response.status_code} {response.reason_phrase}.", hint)
            data = bytearray()
            for piece in response.iter_bytes():
                data += piece
                if len(data) > _MAX_DOWNLOAD:
                    raise UnreadableDocument(f"{url} is larger than 200 MB.", "Download it, and ingest the file.")
    except httpx.TimeoutException as error:
        raise UnreadableDocument(f"{url} did not answer within 30 seconds.", hint) from error
    except httpx.ConnectError as error:
        raise UnreadableDocument(f"{url} cannot be read: nobody answers there.", hint) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise UnreadableDocument(f"{url} cannot be read: {str(error) or type(error).__name__}.", hint) from error
    return bytes(data)
