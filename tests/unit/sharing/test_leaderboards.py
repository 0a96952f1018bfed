"""Rows of several people in one ranking, as long as all met the same perturbations."""

import pandas as pd
import pytest

from supcore.errors import SupError
from supcore.reporting.leaderboard import leaderboard
from supcore.reporting.summary import write_csv
from supcore.reporting.transfer import transfer_table
from supcore.sharing.leaderboards import merged_leaderboard
from tests.unit.cli.command import refused, supcore
from tests.unit.reporting.conftest import make_records


@pytest.fixture(scope="module")
def whole():
    """Three networks, two of which are sources of SUPs."""
    return transfer_table(make_records(networks=("psmnet", "aanet"), images=3), None, bootstrap_resamples=20)


@pytest.fixture
def tables(whole, tmp_path):
    for name in ("psmnet", "aanet"):
        write_csv(whole[whole["target"] == name], tmp_path / f"{name}.csv")
    return [tmp_path / "psmnet.csv", tmp_path / "aanet.csv"]


def test_a_table_that_is_not_there_or_of_another_kind_is_not_deleted(tmp_path):
    (tmp_path / "errors.csv").write_text("source,image,d1\n")
    with pytest.raises(
        SupError, match=r"errors\.csv: lacks the column\(s\) dataset, .*; choose another file, or make it"
    ):
        merged_leaderboard([tmp_path / "errors.csv"])
    with pytest.raises(SupError, match=r"no\.csv: file not found; check the path"):
        merged_leaderboard([tmp_path / "no.csv"])


def test_merged_tables_rank_as_one_table(whole, tables):
    write_csv(whole, tables[0].with_name("whole.csv"))
    together = merged_leaderboard([tables[0].with_name("whole.csv")])
    assert merged_leaderboard(tables) == together
    ranks = [[(row["epsilon"], row["target"], row["rank"]) for row in rows] for rows in (together, leaderboard(whole))]
    assert ranks[0] == ranks[1]
    assert len(ranks[0]) == 2 * 2


def test_a_network_of_two_people_is_refused(tables):
    copy = tables[0].with_name("copy.csv")
    copy.write_bytes(tables[0].read_bytes())
    line = refused("leaderboard", *tables, copy)
    assert line.endswith(f"{copy}: psmnet on kitti2015 stands in {tables[0]}, too; rename the network in one of them")


@pytest.mark.parametrize(
    "change",
    [
        lambda table: table[(table["source"] != "aanet") | (table["epsilon"] != 0.02)],
        lambda table: table[table["seed"] != 1],
        lambda table: table[table["source"] != "noise"],
        lambda table: table.assign(n_images=table["n_images"] + 1),
    ],
    ids=["fewer SUPs", "fewer seeds", "no control", "other images"],
)
def test_networks_under_other_perturbations_are_refused(whole, tables, change):
    write_csv(change(whole[whole["target"] == "aanet"]), tables[1])
    line = refused("leaderboard", *tables)
    assert "aanet and psmnet were not evaluated on kitti2015 under the same perturbations and images (" in line
    assert line.startswith(f"Error: {tables[1]}: ")


def test_the_command_prints_it_and_writes_a_csv(tables, tmp_path):
    shown = supcore("leaderboard", *tables, "-o", tmp_path / "board.csv")
    rows = merged_leaderboard(tables)
    assert shown.splitlines()[0] == f"kitti2015, epsilon {rows[0]['epsilon']}, D1 (%) against ground truth"
    assert f"{rows[0]['worst']:.2f} [" in shown
    written = pd.read_csv(tmp_path / "board.csv", keep_default_na=False)
    assert written["target"].tolist() == [row["target"] for row in rows]
    assert written["worst_ci_high"].tolist() == pytest.approx([row["worst_ci"][1] for row in rows], abs=1e-6)
