"""An app on a port: for this process, or started beside the kernel that asked for it."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

from motadata_nb.dashboards.cells import Document
from motadata_nb.errors import InvalidInput, MissingExtra

__all__ = ["Access", "running", "serve", "start", "stop"]

_started: dict[str, tuple[subprocess.Popen[bytes], int]] = {}


@dataclass(frozen=True, kw_only=True)
class Access:
    """Who may see the app: anyone, who knows the password, or who signs in with an OAuth provider."""

    password: str = ""
    oauth: str = ""
    """A provider that Panel knows: github, google, azure, okta, auth0, gitlab …; what it needs is in the environment:
    PANEL_OAUTH_KEY, PANEL_OAUTH_SECRET and PANEL_OAUTH_ENCRYPTION."""
    runs_per_hour: int = 0

    def options(self) -> dict[str, Any]:
        """What Panel's server is told. Raises InvalidInput when a provider's key is not set."""
        if self.password:
            return {"basic_auth": self.password, "cookie_secret": secrets.token_hex(32),
                    "login_template": str(Path(__file__).with_name("login.html"))}  # fmt: skip
        if not self.oauth:
            return {}
        names = ("PANEL_OAUTH_KEY", "PANEL_OAUTH_SECRET", "PANEL_OAUTH_ENCRYPTION")
        missing = [name for name in names if not os.environ.get(name)]
        if missing:
            raise InvalidInput(f"{self.oauth} needs {', '.join(missing)}.", f"Type: export {missing[0]}=…")
        key, secret, encryption = (os.environ[name] for name in names)
        return {"oauth_provider": self.oauth, "oauth_key": key, "oauth_secret": secret,
                "oauth_encryption_key": encryption, "cookie_secret": secrets.token_hex(32)}  # fmt: skip


def serve(
    document: Document,
    *,
    port: int = 0,
    address: str = "127.0.0.1",
    access: Access,
    origins: tuple[str, ...] = (),
    show: bool = False,
) -> None:
    """Serve until the process ends; each visitor has a session of their own. Raises MissingExtra without Panel."""
    try:
        import panel as pn
    except ModuleNotFoundError as error:
        raise MissingExtra("An app", "dashboards") from error
    from motadata_nb.dashboards.app import Page
    from motadata_nb.dashboards.quota import Quota

    quota = Quota(access.runs_per_hour)

    def page() -> Any:
        return Page(document, quota, _visitor(pn.state)).view()

    options: Mapping[str, Any] = {**access.options(), "session_token_expiration": 86400}
    pn.serve(
        {"app": page},
        port=port,
        address=address,
        show=show,
        title={"app": document.title},
        websocket_origin=list(origins) or None,
        **options,
    )


def _visitor(state: Any) -> str:
    """The name that signed in, else the address of the browser."""
    if state.user and state.user != "guest":
        return str(state.user)
    request = getattr(getattr(state.curdoc, "session_context", None), "request", None)
    headers = getattr(request, "headers", None) or {}
    return _address_of(str(getattr(request, "remote_ip", "") or ""), str(headers.get("X-Forwarded-For") or ""))


def _address_of(remote: str, forwarded: str) -> str:
    """The browser's address: what a proxy near by has added last; what a browser says of itself counts for nothing.

    >>> _address_of("127.0.0.1", "6.6.6.6, 9.9.9.9"), _address_of("9.9.9.9", "6.6.6.6")
    ('9.9.9.9', '9.9.9.9')
    """
    last = forwarded.rpartition(",")[2].strip()
    try:
        near = ip_address(remote).is_private
    except ValueError:
        near = not remote
    return (last if near and last else remote) or "visitor"


def start(notebook: str, *options: str, password: str = "", seconds: float = 60) -> tuple[int, str]:
    """Port and path of an app of the notebook as it is saved now, in a process that ends with this one.

    An app of it that runs already is ended first. `options` are those of `motadata-nb app`. Raises InvalidInput with
    the reason when it does not start.
    """
    path = str(Path(notebook).resolve())
    stop(path)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    log = Path(tempfile.mkstemp(prefix="motadata-app-", suffix=".log")[1])
    command = [sys.executable, "-m", "motadata_nb.cli", "app", path, "--port", str(port), "--with-parent", *options]
    # By the environment: command lines can be read by everyone on the machine.
    env = {**os.environ, "MOTADATA_APP_PASSWORD": password}
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=env)
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        if _answers(port):
            _started[path] = (process, port)
            log.unlink(missing_ok=True)
            return port, "app"
        time.sleep(0.1)
    process.kill()
    process.wait()
    reason = log.read_text(errors="replace").strip().splitlines()[-2:]
    log.unlink(missing_ok=True)
    raise InvalidInput(
        " ".join(reason) or "The app did not start.", f"Type in a terminal: motadata-nb app {Path(path).name}"
    )


def stop(notebook: str) -> bool:
    """End the app of a notebook that `start` has started; whether there was one."""
    process, _ = _started.pop(str(Path(notebook).resolve()), (None, 0))
    if process is None:
        return False
    process.terminate()
    process.wait(10)
    return True


def running() -> dict[str, int]:
    """Ports of the apps that `start` has started and that still run, by their notebook."""
    for path in [path for path, (process, _) in _started.items() if process.poll() is not None]:
        del _started[path]
    return {path: port for path, (_, port) in sorted(_started.items())}


def _answers(port: int) -> bool:
    try:
        urlopen(f"http://127.0.0.1:{port}/app", timeout=20).close()
    except HTTPError:
        return True
    except OSError:
        return False
    return True
