"""Install, list or remove the kernel "Motadata (Python 3)", which has motadata_nb loaded.

The kernel that comes with the package is found by JupyterLab in the same environment. `install` makes one for other
places: for this user, or for another environment's Jupyter.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from motadata_nb.errors import InvalidInput, MissingExtra, UnknownName

__all__ = ["arguments", "kernelspec", "run"]

NAME = "motadata"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("action", nargs="?", choices=("install", "list", "remove", "uninstall"), default="list")
    parser.add_argument("--name", default=NAME, help=f"the kernel's own name; default: {NAME}")
    parser.add_argument("--display-name", default="Motadata (Python 3)", help="what the launcher shows")
    parser.add_argument("--chat", default="", metavar="AGENT", help="cells that start with ? or / go to this agent")
    parser.add_argument("--prefix", type=Path, help="install into this environment instead of for this user")
    parser.add_argument("--sys-prefix", action="store_true", help="install into the environment of this Python")


def run(options: argparse.Namespace) -> int:
    """0 when it was done. Raises InvalidInput for a name or folder that cannot be used."""
    manager = _manager()
    if options.action == "install":
        prefix = sys.prefix if options.sys_prefix else options.prefix and str(options.prefix)
        print(f"Installed in {_install(manager, options.name, kernelspec(options.display_name, options.chat), prefix)}")
    elif options.action in ("remove", "uninstall"):  # Jupyter has both words
        print(f"Removed {_remove(manager, options.name)}")
    else:
        for name, place in sorted(_ours(manager).items()):
            print(f"{name}  {place}")
    return 0


def kernelspec(display_name: str, chat: str = "") -> dict[str, Any]:
    """The kernel's description for Jupyter: this Python, with motadata_nb loaded."""
    return {
        **({"env": {"MOTADATA_CHAT": chat}} if chat else {}),
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--ext=motadata_nb"],
        "display_name": display_name,
        "language": "python",
        "metadata": {"debugger": True, "supported_features": ["kernel subshells"]},
        "kernel_protocol_version": "5.5",
    }


def _manager() -> Any:
    try:
        from jupyter_client.kernelspec import KernelSpecManager
    except ModuleNotFoundError as error:
        raise MissingExtra("The Jupyter kernel", "lab") from error
    return KernelSpecManager()


def _install(manager: Any, name: str, spec: dict[str, Any], prefix: str | None) -> str:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "kernel.json").write_text(json.dumps(spec, indent=1), "utf-8")
        shutil.copy(Path(__file__).with_name("kernel.svg"), Path(folder, "logo-svg.svg"))
        try:
            place: str = manager.install_kernel_spec(folder, name, user=prefix is None, prefix=prefix)
        except ValueError as error:
            raise InvalidInput(f"{name!r} cannot be a kernel's name.", "Use letters, digits, - and _.") from error
        except OSError as error:
            raise InvalidInput(f"The kernel cannot be written: {error}", "Try: --prefix FOLDER") from error
    return place


def _ours(manager: Any) -> dict[str, str]:
    found = manager.get_all_specs()
    return {name: f["resource_dir"] for name, f in found.items() if "--ext=motadata_nb" in f["spec"]["argv"]}


def _remove(manager: Any, name: str) -> str:
    ours = _ours(manager)
    if name not in ours:
        raise UnknownName("kernel of motadata_nb", name, ours, example="motadata-nb kernel remove --name {}")
    place: str = manager.remove_kernel_spec(name)
    return place
