"""sdist → wheel → a fresh environment elsewhere → the smoke suite."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.browser import driver
from tests.conftest import REQUIRED, ROOT
from tests.house.source import tracked_files

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
SHIPPED = {
    "magics": "motadata_nb_magics/__init__.py",
    "widgets": "motadata_nb_widgets/__init__.py",
    "the embedding model": "motadata_nb/embeddings/minilm/model.onnx",
    "its tokenizer": "motadata_nb/embeddings/minilm/tokenizer.json",
    "its licence": "motadata_nb/embeddings/minilm/LICENSE",
    "its provenance": "motadata_nb/embeddings/minilm/PROVENANCE.md",
    "types": "motadata_nb/py.typed",
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    _call([sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)], folder)
    return folder


def _call(command: list[str], folder: Path, **more: str) -> str:
    """Run outside of the tests' guard, with the developer's own pip configuration."""
    ours = ("XDG_", "PYTHONPATH", "MOTADATA_TEST_OFFLINE", "VIRTUAL_ENV")
    env = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    env |= {"HOME": os.environ["MOTADATA_TEST_HOME"], **more}
    told = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
    assert told.returncode == 0, f"{' '.join(command)}\n{told.stdout[-3000:]}\n{told.stderr[-3000:]}"
    return told.stdout


def _sources(suffix: str) -> set[str]:
    folders = {"motadata_nb": ROOT, "motadata_nb_magics": ROOT / "magics", "motadata_nb_widgets": ROOT / "widgets"}
    return {
        path.relative_to(root).as_posix()
        for name, root in folders.items()
        for path in (root / name).rglob(f"*{suffix}")
    }


def test_the_wheel_has_everything(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {what: path for what, path in SHIPPED.items() if path not in names} == {}
    assert (_sources(".py") | _sources(".js") | _sources(".mako") | _sources(".css")) - names == set()
    allowed = {"motadata_nb", "motadata_nb_magics", "motadata_nb_widgets"}
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.startswith("motadata_nb-")} == allowed, "and metadata, and shared data"
    assert not [name for name in names if "__pycache__" in name or "tests/" in name]
    shared = {name.partition(".data/data/")[2] for name in names if ".data/data/" in name}
    kernel = {"kernels/motadata/kernel.json", "kernels/motadata/logo-svg.svg"}
    assert {"labextensions/motadata-nb-lab/package.json", *kernel} <= {
        name.removeprefix("share/jupyter/") for name in shared
    }


def test_the_wheel_is_small_enough_to_install_in_a_cell(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    assert 15e6 < wheel.stat().st_size < 40e6


def test_the_sdist_has_what_a_packager_needs(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    needed = {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "tests/conftest.py", "constraints.txt"}
    assert needed - names == set()
    assert not [name for name in names if name.startswith(("notebooks/data/", ".venv", ".ci"))]


@pytest.fixture(scope="module")
def fresh(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a new environment that has the wheel and what it depends on, and nothing else."""
    folder = tmp_path_factory.mktemp("elsewhere")
    _call([sys.executable, "-m", "venv", "env"], folder)
    python = folder / "env" / "bin" / "python"
    (wheel,) = built.glob("*.whl")
    command = [
        str(python),
        "-m",
        "pip",
        "install",
        "-q",
        "--no-compile",
        "-c",
        str(ROOT / "constraints.txt"),
        str(wheel),
    ]
    try:
        _call(command, folder)
    except AssertionError as error:
        if REQUIRED or not any(
            word in str(error) for word in ("Could not find a version", "ConnectionError", "resolve")
        ):
            raise
        pytest.skip("pip reaches no package index here; it is needed to fill a fresh environment")
    return python


def test_a_fresh_environment_answers_offline(fresh: Path, tmp_path: Path) -> None:
    guard = {"PYTHONPATH": str(ROOT / "tests" / "offline"), "MOTADATA_TEST_OFFLINE": str(tmp_path / "network.log")}
    smoke = tmp_path / "smoke.py"
    smoke.write_text((ROOT / "tests" / "packaging" / "smoke.py").read_text())
    work = tmp_path / "user"
    work.mkdir()
    told = _call([str(fresh), "-W", "error::SyntaxWarning", str(smoke)], work, **guard, HOME=str(tmp_path))
    assert told.splitlines()[-1] == "smoke: ok"
    assert not (tmp_path / "network.log").exists()


def test_the_command_is_installed(fresh: Path, tmp_path: Path) -> None:
    assert _call([str(fresh.parent / "motadata-nb"), "--version"], tmp_path).strip() == "0.1.0"


@dataclass(frozen=True)
class Binder:
    """A copy of the project in which Binder's scripts have run, as a visitor finds it."""

    python: Path
    project: Path
    env: dict[str, str]
    told: str


@pytest.fixture(scope="module")
def binder(fresh: Path, tmp_path_factory: pytest.TempPathFactory) -> Binder:
    """What repo2docker does: requirements in a copy of the project, then postBuild."""
    folder = tmp_path_factory.mktemp("binder")
    project, home = folder / "project", folder / "jovyan"
    for path in tracked_files():
        copy = project / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    _call([str(fresh), "-m", "pip", "install", "-q", "--no-compile", "-r", "binder/requirements.txt"], project)
    home.mkdir()
    env = {"PATH": f"{fresh.parent}{os.pathsep}{os.environ['PATH']}", "HOME": str(home), "JUPYTER_CONFIG_DIR": ""}
    env |= {"PYTHONPATH": str(ROOT / "tests" / "offline"), "MOTADATA_TEST_OFFLINE": str(folder / "network.log")}
    return Binder(python=fresh, project=project, env=env, told=_call(["binder/postBuild"], project, **env))


def test_binder_builds_and_opens_the_quickstart(binder: Binder) -> None:
    assert re.fullmatch(r"python-3\.\d+\n", (ROOT / "binder" / "runtime.txt").read_text())
    assert "[1]" in binder.told and "NIST.AI.100-1.pdf" in binder.told
    assert not (binder.project / "notebooks" / ".motadata").exists(), "the visitor begins with a fresh workspace"
    ask = "from jupyterlab.labapp import LabApp as L; a = L.initialize_server(['--allow-root']); print(a.config.LabApp)"
    assert "/notebooks/01_quickstart.ipynb" in _call([str(binder.python), "-c", ask], binder.project, **binder.env)
    assert not Path(binder.env["MOTADATA_TEST_OFFLINE"]).exists()


@pytest.mark.server("chromium")
def test_binder_opens_an_app_by_its_url(binder: Binder, chromium: str) -> None:
    """Through jupyter-server-proxy, websockets and all: `urlpath=quickstart/app`."""
    from playwright.sync_api import expect, sync_playwright

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(binder.python), "-m", "jupyterlab", "--no-browser", "--allow-root", f"--ServerApp.port={port}"]
    env = {**os.environ, **binder.env, "PYTEST_CURRENT_TEST": ""}
    log = binder.project.parent / "lab.log"
    with log.open("wb") as out:
        server = subprocess.Popen(
            [*command, f"--IdentityProvider.token={driver.TOKEN}"],
            cwd=binder.project, env=env, stdout=out, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            driver.wait_for(f"http://127.0.0.1:{port}/api/status?token={driver.TOKEN}", server, log)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium, args=driver.FLAGS)
                page = browser.new_page()
                with driver.watching(page.context) as seen:
                    # A visitor of Binder comes with a name and a token, not as a machine of its own.
                    page.goto(f"http://localhost:{port}/quickstart/app?token={driver.TOKEN}", timeout=120_000)
                    expect(page.get_by_text("GOVERN, MAP, MEASURE, and MANAGE").first).to_be_visible(timeout=120_000)
                browser.close()
        finally:
            driver.stop(server)
    assert not seen.found, seen.found[:5]
    assert not Path(binder.env["MOTADATA_TEST_OFFLINE"]).exists()
