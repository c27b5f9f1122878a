"""Cells that failed, and what the rules propose in their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from motadata_nb_magics.mending import mended
from tests.magics.conftest import Cells

MISTAKES = [
    ("import pandsa as pd", "import pandas as pd"),
    ("import torchvison", "import torchvision"),
    ("import cv2", "%pip install opencv-python"),
    ("import nosuchpackageatall", "%pip install nosuchpackageatall"),
    ("from textwrap import dednt", "from textwrap import dedent"),
    ("plt.plot([1])", "import matplotlib.pyplot as plt\n\nplt.plot([1])"),
    ("total = pricee + 1", "total = price + 1"),
    ("'a'.uper()", "'a'.upper()"),
    ("table['ctiy']", "table['city']"),
    ("open('dta.csv')", "open('data.csv')"),
    ("for i in range(3)\n    print(i)", "for i in range(3):\n    print(i)"),
    ("print 'x'", "print('x')"),
    ("    x = 1\n    y = 2", "x = 1\ny = 2"),
    ("x = 1\n   y = 2", ""),
    ("1 / 0", ""),
    ("{'a': 1}['b']", ""),
]


@pytest.mark.parametrize(("wrong", "right"), MISTAKES)
def test_a_mistake_is_mended(wrong: str, right: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pandas as pd

    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.csv").write_text("city\nLeiden\n")
    names = {"price": 3, "table": pd.DataFrame({"city": ["Leiden"]})}
    with pytest.raises(Exception) as failed:
        exec(compile(wrong, "<cell>", "exec"), dict(names))
    assert mended(wrong, failed.value, names) == right


def test_a_magic_and_a_column_of_a_query_are_mended(cells: Cells) -> None:
    from IPython.core.error import UsageError

    assert (
        mended("%loadext x", UsageError("Line magic function `%loadext` not found."), {}, ["load_ext"]) == "%load_ext x"
    )
    cells.run("import pandas as pd; sales = pd.DataFrame({'price': [1]})")
    with pytest.raises(Exception) as failed:
        cells.run("%%sql\nSELECT prise FROM sales")
    assert mended("SELECT prise FROM sales", failed.value, {}) == "SELECT price FROM sales"
