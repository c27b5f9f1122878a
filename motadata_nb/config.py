"""Settings and where each came from.

Order, strongest first: arguments, `%config`, environment `MOTADATA_*`, `[tool.motadata_nb]` of the nearest
pyproject.toml, the user's `config.toml`, defaults.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from motadata_nb.errors import InvalidInput, UnknownName, nearest

__all__ = ["Config", "SETTINGS", "Setting", "Value", "notebook_folder", "setting"]


@dataclass(frozen=True)
class Setting:
    """One setting: its type, default and meaning."""

    name: str
    type: type
    default: Any
    help: str
    secret: bool = False
    minimum: float | None = None
    choices: tuple[str, ...] = ()


SETTINGS: dict[str, Setting] = {
    s.name: s
    for s in (
        Setting("ai", bool, True, "False refuses every model call; retrieval and extractive answers stay."),
        Setting("api_base", str, "", "Address of an OpenAI-compatible server."),
        Setting("api_key", str, "", "Key for `api_base`.", secret=True),
        Setting("backend", str, "chroma", "Vector backend of new indexes."),
        Setting("backend_urls", dict, {}, "Servers of vector backends, e.g. pgvector = 'postgresql://user@host/db'."),
        Setting("breaker", dict, {}, "Circuit breaker: failures (5) until it opens, cooldown_s (30) until a trial."),
        Setting("budget", float, 0.0, "Money limit in US dollars; 0 is none.", minimum=0),
        Setting("budget_per", str, "notebook", "What the budget counts.", choices=("notebook", "day", "tenant")),
        Setting("cache", bool, True, "Keep model answers, so that re-running a cell does not pay again."),
        Setting("chat", str, "", "Where a cell that starts with ? or / goes: an agent, or rag:INDEX; empty is off."),
        Setting("chunk_tokens", int, 220, "Longest chunk, in tokens of the embedder.", minimum=8),
        Setting("context_tokens", int, 6000, "Room for passages in a question to a model.", minimum=100),
        Setting("embedder", str, "minilm", "Embedding model of new indexes."),
        Setting("home", str, "", "Folder or database URL of the workspace; default `.motadata` beside the notebook."),
        Setting("k", int, 5, "Passages that an answer is built on.", minimum=1),
        Setting("limits", dict, {}, "Per model, or 'tenant:NAME': rpm, tpm, parallel, queue; '*' is every other."),
        Setting("mode", str, "hybrid", "How passages are found.", choices=("hybrid", "vector", "keyword")),
        Setting("model", str, "extractive", "Language model; `extractive` needs none."),
        Setting("models", dict, {}, "Aliases and fallback chains, e.g. fast = ['openai/gpt-5-mini', 'ollama/llama3']."),
        Setting("tenant", str, "default", "Whose rows are read and written."),
        Setting("timeout_s", float, 120.0, "Deadline of a model call, in seconds.", minimum=0.001),
    )
}

_VARIABLES = {name: f"MOTADATA_{name.upper()}" for name in SETTINGS}
_KINDS = {bool: "true or false", dict: "a table", float: "a number", int: "a whole number", str: "a text"}
_WORDS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
_SECRET_NAMES = re.compile(r"(?i)(?:^|[-_])(?:key|token|secret|password|authorization|cookie)$")
_USERINFO = re.compile(r"(\b[a-z][a-z0-9+.\-]*://[^\s/:@]*:)([^\s/@]+)(@)", re.IGNORECASE)
_HIDDEN = "(hidden)"


@dataclass(frozen=True)
class Value:
    """A setting's value and the place it came from."""

    name: str
    value: Any
    origin: str

    @property
    def shown(self) -> str:
        """The value as it may be displayed: keys, and passwords of addresses, are hidden."""
        import json

        if SETTINGS[self.name].secret:
            return "(set, hidden)" if self.value else ""
        return json.dumps(_hidden(self.value), ensure_ascii=False, default=str)

    @property
    def file(self) -> Path | None:
        """The file it came from, if it came from one."""
        return Path(self.origin) if self.origin.endswith(".toml") else None


def notebook_folder() -> Path:
    """The folder of the running notebook; outside of a kernel the current folder."""
    notebook = Path(os.environ.get("JPY_SESSION_NAME", ""))
    if "ipykernel" in sys.modules and notebook.is_absolute() and notebook.parent.is_dir():
        return notebook.parent
    return Path.cwd()


def _session() -> Any:
    """What `%load_ext motadata_nb` left at the running shell, so that Python code in a notebook has its settings."""
    module = sys.modules.get("IPython.core.getipython")
    shell = module.get_ipython() if module is not None else None
    return getattr(shell, "_motadata_session", None)


def _session_values() -> dict[str, Any]:
    session = _session()
    return session.values if session is not None else {}


def _session_folder() -> Path:
    session = _session()
    return session.folder if session is not None else notebook_folder()


@dataclass
class Config:
    """Settings resolved on every read, so that `%config` and the environment take effect at once.

    `arguments` are what `motadata_nb.open(...)` was given; `session` is the layer that `%config` writes; `folder` is
    where the search for pyproject.toml begins.
    """

    arguments: dict[str, Any] = field(default_factory=dict)
    session: dict[str, Any] = field(default_factory=_session_values)
    folder: Path = field(default_factory=_session_folder)
    user_file: Path | None = None

    def __post_init__(self) -> None:
        self._files: list[tuple[str, Mapping[str, Any]]] | None = None
        self._kept: dict[str, tuple[Any, Any]] = {}
        for name in (*self.arguments, *self.session):
            setting(name)

    def __getitem__(self, name: str) -> Any:
        # As `value`, without saying where from: every model call reads several settings.
        wanted = setting(name)
        given = self.arguments.get(name)
        if given is None:
            given = self.session.get(name)
        if given is None:
            given = os.environ.get(_VARIABLES[name]) or None
        if given is None and (files := self._read_files()):
            given = next((v[name] for _, v in files if v.get(name) is not None), None)
        if given is None:
            return wanted.default
        kept = self._kept.get(name)
        if kept is None or (kept[0] is not given and kept[0] != given):
            kept = self._kept[name] = (given, self.value(name).value)
        return kept[1]

    def value(self, name: str) -> Value:
        """The value with its origin. Raises UnknownName, or InvalidInput when a value has the wrong type."""
        wanted = setting(name)
        for origin, given in self._given(name):
            if given is not None:
                return Value(name, _convert(wanted, given, origin), origin)
        return Value(name, wanted.default, "default")

    def set(self, name: str, value: Any) -> None:
        """Set for this session, as `%config Motadata.name = value` does; None goes back to what it was."""
        if value is None:
            self.session.pop(setting(name).name, None)
        else:
            self.session[name] = _convert(setting(name), value, "%config")

    def values(self) -> list[Value]:
        """All settings, sorted by name."""
        return [self.value(name) for name in sorted(SETTINGS)]

    def strays(self) -> list[str]:
        """What files and the environment set and nobody reads, each with the setting that was probably meant."""
        found = [(name, origin) for origin, values in self._read_files() for name in values if name not in SETTINGS]
        ours = [key for key in os.environ if key.startswith("MOTADATA_") and key[9:].lower() not in SETTINGS]
        found += [(key, "environment") for key in ours if nearest(key[9:], SETTINGS)]
        return [f"{name} ({origin}){_meant(name)}" for name, origin in found]

    def _given(self, name: str) -> Iterator[tuple[str, Any]]:
        yield "argument", self.arguments.get(name)
        yield "%config", self.session.get(name)
        yield "environment", os.environ.get(_VARIABLES[name]) or None
        for origin, values in self._read_files():
            yield origin, values.get(name)

    def _read_files(self) -> list[tuple[str, Mapping[str, Any]]]:
        if self._files is None:
            self._files = [layer for layer in (_pyproject(self.folder), _user(self.user_file)) if layer]
        return self._files


def setting(name: str) -> Setting:
    """The declared setting. Raises UnknownName with the nearest."""
    if name not in SETTINGS:
        raise UnknownName("setting", name, SETTINGS, example="%config Motadata.{} = …")
    return SETTINGS[name]


def _meant(name: str) -> str:
    near = nearest(name.removeprefix("MOTADATA_"), SETTINGS)
    return f": {near} is meant?" if near else ""


def _hidden(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _HIDDEN if _SECRET_NAMES.search(str(k)) and v else _hidden(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_hidden(v) for v in value]
    return _USERINFO.sub(rf"\1{_HIDDEN}\3", value) if isinstance(value, str) else value


def _convert(wanted: Setting, value: Any, origin: str) -> Any:
    try:
        made = _typed(wanted.type, value)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise _refused(wanted, value, origin, f"is not {_KINDS[wanted.type]}") from error
    if wanted.minimum is not None and not made >= wanted.minimum:
        raise _refused(wanted, value, origin, f"is less than {wanted.minimum:g}")
    if wanted.choices and made not in wanted.choices:
        raise UnknownName(wanted.name, str(made), wanted.choices, example=f"%config Motadata.{wanted.name} = '{{}}'")
    return made


def _typed(kind: type, value: Any) -> Any:
    if isinstance(value, kind) and isinstance(value, bool) is (kind is bool):
        return value
    if kind is bool:
        return _WORDS[str(value).strip().lower()]
    if kind is dict and isinstance(value, str):
        import json

        return _typed(dict, json.loads(value))
    if kind is str and isinstance(value, os.PathLike):
        return os.fspath(value)
    if kind in (int, float) and isinstance(value, int | float | str) and not isinstance(value, bool):
        number = kind(value)
        if isinstance(value, str) or number == value:
            return number
    raise TypeError(value)


def _refused(wanted: Setting, value: Any, origin: str, why: str) -> InvalidInput:
    shown = _HIDDEN if wanted.secret or wanted.type is dict else repr(_hidden(value))
    return InvalidInput(f"{wanted.name} = {shown} ({origin}) {why}.", f"{wanted.name}: {wanted.help}")


def _pyproject(folder: Path) -> tuple[str, Mapping[str, Any]] | None:
    for parent in (folder, *folder.parents):
        path = parent / "pyproject.toml"
        if path.is_file():
            tool = _table(path).get("tool", {})
            return (str(path), _mapping(path, tool.get("motadata_nb", {}) if isinstance(tool, dict) else {}))
    return None


def _user(path: Path | None) -> tuple[str, Mapping[str, Any]] | None:
    if path is None:
        from platformdirs import user_config_path

        path = user_config_path("motadata_nb") / "config.toml"
    return (str(path), _table(path)) if path.is_file() else None


def _mapping(path: Path, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidInput(f"motadata_nb in {path.name} is not a table.", 'Write: [tool.motadata_nb]\nmodel = "…"')
    return value


def _table(path: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidInput(
            f"{path.name} cannot be read: {error}", f"Mend {path.name} and run the cell again."
        ) from error
