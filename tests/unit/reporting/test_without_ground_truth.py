"""Data sets without ground truth are shown by the change of the network's own prediction, and said to be."""

import numpy as np
import pytest

from supcore.reporting.bars import transfer_bars
from supcore.reporting.closing import closing_lines
from supcore.reporting.curves import error_against_epsilon
from supcore.reporting.heatmap import transfer_heatmap
from supcore.reporting.leaderboard import leaderboard, to_html
from supcore.reporting.pictures import qualitative_panel
from supcore.reporting.selection import by_best_reference, reference_note
from supcore.reporting.story import headline, resistance, transfer_range
from supcore.reporting.transfer import transfer_table
from tests.unit.reporting.conftest import make_records

ATTACKED = {"psmnet": ["psmnet"], "aanet": ["aanet"]}


@pytest.fixture(params=[("mine",), ("kitti2015", "mine")], ids=["alone", "beside another"])
def table(request, published):
    """As an evaluation leaves it: clean images are not compared with themselves."""
    records = make_records(datasets=request.param, seeds=(0,))
    records = records[(records["source"] != "none") | (records["reference"] == "ground_truth")]
    unknown = (records["dataset"] == "mine") & (records["reference"] == "ground_truth")
    records.loc[unknown, ["d1", "epe"]] = float("nan")
    records.loc[unknown, "n_valid"] = 0
    return transfer_table(records, published, bootstrap_resamples=20)


def test_each_data_set_has_the_rows_of_its_best_reference(table):
    chosen = by_best_reference(table)
    wanted = {"mine": {"clean"}, "kitti2015": {"ground_truth"}}
    for dataset in set(table["dataset"]):
        assert set(chosen.loc[chosen["dataset"] == dataset, "reference"]) == wanted[dataset]
    named = "mine " if table["dataset"].nunique() > 1 else ""
    assert reference_note(chosen) == f"{named}against the clean prediction"
    assert reference_note(chosen[chosen["dataset"] != "mine"]) == ""


def test_figures_show_it_and_say_so(table):
    heatmap, bars = transfer_heatmap(table), transfer_bars(table)
    assert "against the clean prediction" in heatmap.get_suptitle()
    assert "against the clean prediction" in bars.axes[0].get_title()
    assert "against the clean prediction" not in transfer_heatmap(table, "clean").get_suptitle()
    assert len(heatmap.axes) == table["dataset"].nunique() + 1  # a panel each, and the bar of colors
    assert "against the clean prediction" in error_against_epsilon(table, "mine").get_suptitle()


def test_a_scene_has_no_empty_boxes():
    images, disparity = np.zeros((3, 3, 32, 80)), np.full((32, 80), 20.0)
    figure = qualitative_panel(*images, disparity, disparity + 6, 0 * disparity, 96)
    shown = {axes.get_title(): axes.images[0].get_array() for axes in figure.axes if axes.get_title()}
    assert "ground truth" not in shown
    assert len(shown) == 6
    assert set(np.ravel(shown["change of the disparity"])) == {6.0}


def test_the_leaderboard_ranks_it(table):
    rows = [row for row in leaderboard(table, ATTACKED) if row["dataset"] == "mine"]
    assert {row["reference"] for row in rows} == {"clean"}
    assert {row["clean"] for row in rows} == {None}
    assert all(row["worst"] > row["noise"] > 0 for row in rows)
    assert "mine, ε = 0.02, against the clean prediction" in to_html(rows, {"Mode": "corrected"})


def test_the_story_keeps_its_numbers(table):
    facts = headline(table, "mine", "psmnet", ATTACKED, ("tile64", 0.02))
    assert (facts["reference"], facts["clean"], facts["n_images"]) == ("clean", None, 5)
    assert facts["white_box"]["mean"] > facts["noise"]["mean"] > 0
    assert transfer_range(table, ATTACKED)["n_datasets"] == table["dataset"].nunique()
    assert "mine" in [found["dataset"] for found in resistance(table, ATTACKED)]


def test_the_last_lines_of_a_run_say_what_counts(tmp_path, table):
    (tmp_path / "tables").mkdir()
    table.to_csv(tmp_path / "tables/transfer.csv", index=False)
    _, note, *numbers = closing_lines(tmp_path)
    assert "against the clean prediction" in note
    assert any("SUP of the network itself" in line for line in numbers)
