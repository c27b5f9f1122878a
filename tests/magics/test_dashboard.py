"""`%dashboard`: an app of a notebook started, listed and stopped from a cell."""

from __future__ import annotations

import urllib.request
from http.client import HTTPConnection
from pathlib import Path
from urllib.error import URLError

import nbformat
import pytest

from motadata_nb_magics.dashboard import Dashboard
from tests.magics.conftest import Cells

pytestmark = pytest.mark.slow


@pytest.fixture
def report(workspace: Path) -> Path:
    path = workspace.parent / "report.ipynb"
    made = [nbformat.v4.new_markdown_cell("# Report"), nbformat.v4.new_code_cell("1 + 1")]
    path.write_text(nbformat.writes(nbformat.v4.new_notebook(cells=made)))
    return path


def test_an_app_is_started_listed_and_stopped(
    report: Path,
    cells: Cells,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", str(report))
    app = cells.run("%dashboard --out app")
    assert isinstance(app, Dashboard) and cells["app"] is app
    with urllib.request.urlopen(app.address, timeout=20) as page:
        assert b"<title>Report</title>" in page.read()
    assert f'href="{app.address}"' in app._repr_mimebundle_()["text/html"]
    listed = cells.run("%dashboard ls")
    assert [list(row) for row in listed.rows] == [["report.ipynb", app.address]]
    assert cells.error("%dashboard stop reprot.ipynb").hint == "Try: %dashboard stop report.ipynb"
    cells.run("%dashboard stop report.ipynb")
    with pytest.raises(URLError):
        urllib.request.urlopen(app.address, timeout=20)
    assert not cells.run("%dashboard ls").rows


def test_what_cannot_be_served_says_so(report: Path, cells: Cells) -> None:
    assert "which notebook" in cells.error("%dashboard").what
    assert cells.error("%dashboard raport.ipynb").hint == "Try: %dashboard report.ipynb"
    report.write_text(nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x = = 1")])))
    assert "Cell 1 is not Python" in cells.error("%dashboard report.ipynb").what


def test_a_password_is_asked_for_and_stands_in_no_command_line(report: Path, cells: Cells) -> None:
    cells.run("word = 'lamp-7319'")
    app = cells.run("%dashboard report.ipynb --password {{ word }}")
    with urllib.request.urlopen(app.address, timeout=20) as page:
        assert page.url.endswith("/login?next=%2Fapp")
    for commands in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            assert b"lamp-7319" not in commands.read_bytes()
        except OSError:
            continue
    cells.run("%dashboard stop")


@pytest.mark.parametrize("hub", ["", "/user/ada/"])
def test_behind_a_hub_a_browser_comes_under_the_hub_s_name(
    hub: str, report: Path, cells: Cells, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", hub)
    app = cells.run("%dashboard report.ipynb")
    port = int(
        app.address.split("/proxy/")[1].partition("/")[0] if hub else app.address.split(":")[2].partition("/")[0]
    )
    asked = {"Connection": "Upgrade", "Upgrade": "websocket", "Origin": "https://hub.example.org",
             "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}  # fmt: skip
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/app/ws", headers=asked)
    assert (connection.getresponse().status == 403) is (not hub), "only there may another name ask"
    connection.close()
    cells.run("%dashboard stop")
