"""The notebook runs from top to bottom, and what it shows is true."""

import json

import matplotlib
import pytest

from supcore.shipped import CHECKOUT

NOTEBOOK = json.loads((CHECKOUT / "examples" / "attack_a_pair.ipynb").read_text(encoding="utf-8"))


@pytest.mark.slow
def test_the_notebook_runs_and_the_sup_beats_noise(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    matplotlib.use("Agg")
    names = {}
    for number, cell in enumerate(NOTEBOOK["cells"]):
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), f"cell {number}", "exec"), names)
    assert names["errors"]["SUP"] > 5 * names["errors"]["noise"]
    assert names["losses"][-1] > names["losses"][0]


def test_no_output_is_stored():
    """It would tell a machine, and age."""
    assert all(not cell.get("outputs") and cell.get("execution_count") is None for cell in NOTEBOOK["cells"])
