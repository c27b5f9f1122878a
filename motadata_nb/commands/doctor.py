"""Check what motadata_nb needs: Python, packages, kernel, JupyterLab extension, keys, servers, workspace, disk."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import socket
import sqlite3
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Literal

from motadata_nb.cards import Card, Table
from motadata_nb.config import Config
from motadata_nb.results import Result
from motadata_nb.telemetry.redaction import scrub

__all__ = ["Diagnosis", "Finding", "arguments", "examine", "run"]

State = Literal["ok", "note", "broken"]

_KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "MISTRAL_API_KEY", "AZURE_API_KEY", "GROQ_API_KEY")
_SIGNS = {
    "lab": "jupyterlab", "dashboards": "panel", "services": "fastapi", "postgres": "psycopg", "ml": "scikit-learn",
    "redis": "redis", "mcp": "mcp", "dask": "distributed", "qdrant": "qdrant-client", "lancedb": "lancedb",
}  # fmt: skip
_LOW_DISK = 1e9
_PORTS = {"postgresql": 5432, "postgres": 5432, "redis": 6379, "nats": 4222}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was checked. `note` is nothing to worry about; `broken` says in `hint` what to type."""

    what: str
    state: State
    detail: str
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class Diagnosis(Result):
    """All findings."""

    findings: tuple[Finding, ...]

    @property
    def healthy(self) -> bool:
        """Whether nothing is broken."""
        return not any(f.state == "broken" for f in self.findings)

    def _card(self) -> Card:
        rows = [[f.what, f.state, f.detail, f.hint] for f in self.findings]
        broken = sum(f.state == "broken" for f in self.findings)
        return Card(
            title=f"{broken} broken" if broken else "All is well",
            status=(f"{len(rows)} checks",),
            summary=Table(["Checked", "", "Found", "What to type"], rows),
        )


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--json", action="store_true", help="findings as JSON, for programs")


def run(options: argparse.Namespace) -> int:
    """0 when nothing is broken, else 1."""
    diagnosis = examine()
    if options.json:
        print(json.dumps([asdict(f) for f in diagnosis.findings], indent=1))
    else:
        width = max(len(f.what) for f in diagnosis.findings)
        for f in diagnosis.findings:
            print(f"{f.state.ljust(6)}  {f.what.ljust(width)}  {f.detail}{'  →  ' + f.hint if f.hint else ''}")
    return 0 if diagnosis.healthy else 1


def examine(config: Config | None = None) -> Diagnosis:
    """Check everything; nothing is changed, no address outside the configuration is reached, no key is shown."""
    config = config or Config()
    checks: tuple[Callable[[Config], Iterator[Finding]], ...] = (
        _python, _packages, _extras, _kernel, _extension, _model, _servers, _workspace, _disk,
    )  # fmt: skip
    return Diagnosis(findings=tuple(finding for check in checks for finding in check(config)))


def _python(_: Config) -> Iterator[Finding]:
    yield Finding(what="Python", state="ok", detail=f"{platform.python_version()} at {sys.prefix}")
    yield Finding(what="motadata-nb", state="ok", detail=version("motadata-nb"))
    yield Finding(what="SQLite", state="ok", detail=sqlite3.sqlite_version)


def _packages(_: Config) -> Iterator[Finding]:
    from packaging.requirements import Requirement

    wrong = []
    for text in requires("motadata-nb") or ():
        requirement = Requirement(text)
        if requirement.marker is not None:
            continue
        have = _version(requirement.name)
        if have is None or not requirement.specifier.contains(have, prereleases=True):
            wrong.append(f"{requirement.name} {have or 'missing'} (needs {requirement.specifier})")
    if wrong:
        hint = "pip install --upgrade motadata-nb"
        yield Finding(what="packages", state="broken", detail=", ".join(wrong), hint=hint)
    else:
        yield Finding(what="packages", state="ok", detail="all required packages fit")


def _extras(_: Config) -> Iterator[Finding]:
    have = [extra for extra, sign in _SIGNS.items() if _version(sign)]
    lack = [extra for extra in _SIGNS if extra not in have]
    yield Finding(what="extras", state="ok", detail=", ".join(have) or "none")
    if lack:
        hint = f'pip install "motadata-nb[{lack[0]}]"'
        yield Finding(what="not there", state="note", detail=", ".join(lack), hint=hint)


def _kernel(_: Config) -> Iterator[Finding]:
    if _version("ipykernel") is None:
        hint = 'pip install "motadata-nb[lab]"'
        yield Finding(what="kernel", state="note", detail="ipykernel is not installed", hint=hint)
        return
    from jupyter_client.kernelspec import KernelSpecManager

    found = [s for s in KernelSpecManager().get_all_specs().values() if "--ext=motadata_nb" in s["spec"]["argv"]]
    places = ", ".join(s["resource_dir"] for s in found)
    if found:
        yield Finding(what="kernel", state="ok", detail=f"ipykernel {_version('ipykernel')}, {places}")
    else:
        hint = "motadata-nb kernel install"
        yield Finding(what="kernel", state="note", detail="no Motadata kernel in this Jupyter", hint=hint)


def _extension(_: Config) -> Iterator[Finding]:
    if _version("jupyterlab") is None:
        return
    from jupyter_core.paths import jupyter_path

    places = [Path(p, "motadata-nb-lab", "package.json") for p in jupyter_path("labextensions")]
    found = next((p for p in places if p.is_file()), None)
    if found is None:
        hint = "pip install --force-reinstall --no-deps motadata-nb"
        yield Finding(what="JupyterLab", state="broken", detail="the extension is not installed", hint=hint)
        return
    built = json.loads(found.read_text("utf-8"))["version"]
    detail = f"JupyterLab {_version('jupyterlab')}, extension {built}"
    yield Finding(what="JupyterLab", state="ok", detail=detail)


def _model(config: Config) -> Iterator[Finding]:
    model = config.value("model")
    yield Finding(what="model", state="ok", detail=f"{model.value} (from {model.origin})")
    names = [name for name in _KEYS if os.environ.get(name)]
    names += ["MOTADATA_API_KEY"] if config["api_key"] else []
    found = ", ".join(names) or "none; answers are extractive"
    yield Finding(what="keys", state="ok" if names else "note", detail=found)


def _servers(config: Config) -> Iterator[Finding]:
    """The configured servers of models and vectors; a password in an address is not shown."""
    named = {"model server": (str(config["api_base"]), "%config Motadata.api_base = 'http://…'")}
    for name, address in dict(config["backend_urls"]).items():
        named[f"{name} server"] = (str(address), f"%config Motadata.backend_urls = {{'{name}': '…'}}")
    for what, (address, hint) in named.items():
        if not address:
            continue
        wrong = _silent(address)
        if wrong:
            detail = scrub(f"{address} does not answer: {wrong}")
            yield Finding(what=what, state="broken", detail=detail, hint=hint)
        else:
            yield Finding(what=what, state="ok", detail=f"{scrub(address)} answers")


def _silent(address: str) -> str:
    """Why nothing answers at the address; empty when something does, or it is a file."""
    from urllib.error import HTTPError
    from urllib.parse import urlsplit, urlunsplit
    from urllib.request import urlopen

    try:
        parts = urlsplit(address)
        if parts.scheme in ("http", "https"):
            # Without what is before an @: urllib would take a password for a part of the host, and look it up.
            place = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="")
            urlopen(urlunsplit(place), timeout=3).close()
        elif parts.hostname:
            port = parts.port or _PORTS.get(parts.scheme.partition("+")[0], 80)
            socket.create_connection((parts.hostname, port), timeout=3).close()
    except HTTPError:
        return ""
    except (OSError, ValueError) as error:
        return str(getattr(error, "reason", "") or error)
    return ""


def _workspace(config: Config) -> Iterator[Finding]:
    from motadata_nb.errors import MotadataError
    from motadata_nb.workspace import open_workspace

    with open_workspace(config=config) as workspace:
        place = str(workspace.place)
        if "://" not in place and not Path(place).exists():
            yield Finding(what="workspace", state="note", detail=f"{place} is made at the first %ingest")
            return
        try:
            names = workspace.indexes()
        except MotadataError as error:
            yield Finding(what="workspace", state="broken", detail=error.what, hint=error.hint)
            return
        indexes = f"{len(names)} index{'' if len(names) == 1 else 'es'}"
        yield Finding(what="workspace", state="ok", detail=f"{place.rpartition('@')[2]}, {indexes}")


def _disk(config: Config) -> Iterator[Finding]:
    free = shutil.disk_usage(config.folder).free
    low = free < _LOW_DISK
    detail = f"{free / 1e9:.1f} GB free"
    yield Finding(what="disk", state="broken" if low else "ok", detail=detail, hint="make room" if low else "")


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
