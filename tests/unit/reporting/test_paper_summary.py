"""The paper's main result beside ours: the same attack where both have it, apart where they have not."""

import pandas as pd
import pytest

from supcore.reporting.comparison import compare
from supcore.reporting.paper_summary import beside_each_other, paper_summary
from supcore.reporting.style import save_figure
from supcore.studies import make_study
from tests.unit.studies.test_transfer_studies import row


def transfer(dataset, *rows):
    return pd.DataFrame(rows).assign(dataset=dataset)


OWN_DATA = transfer(
    "street", row("psmnet", "none", 2.0), row("psmnet", "psmnet", 48.0, d1_ci_low=44.0, d1_ci_high=52.0)
)
KITTI = transfer(
    "kitti2012",
    row("psmnet", "none", 3.0),
    row("psmnet", "psmnet", 40.0),
    row("psmnet", "deeppruner", 50.0, d1_ci_low=45.0, d1_ci_high=55.0),
)


def beside(published, table):
    return beside_each_other(compare(published, [make_study("transfer", {}).numbers(table)]), table)


def test_a_run_without_the_paper_s_data_stands_beside_its_kitti_2015(published):
    rows = beside(published, OWN_DATA)
    paper, ours = (rows[rows["dataset"] == name] for name in ("kitti2015", "street"))
    assert len(paper) + len(ours) == len(rows)
    psmnet = paper.set_index("target").loc["psmnet"]
    assert [psmnet["clean"], psmnet["worst"]] == pytest.approx([4.2461, 87.7183])
    assert paper["ours_worst"].isna().all()
    assert ours[["ours_clean", "ours_worst", "ours_low", "ours_high"]].to_numpy().tolist() == [[2, 48, 44, 52]]
    assert ours["worst"].isna().all()


def test_ours_is_under_the_worst_published_sup_that_was_measured(published):
    """On KITTI 2012 AANet's SUP is the worst on PSMNet (65.2), DeepPruner's the worst that this run has (52.1)."""
    rows = beside(published, KITTI).set_index("target")
    assert set(rows["dataset"]) == {"kitti2012"}
    assert rows.loc["psmnet", "worst"] == pytest.approx(52.0898)
    assert rows.loc["psmnet", ["ours_clean", "ours_worst", "ours_low", "ours_high"]].tolist() == [3, 50, 45, 55]
    assert rows.loc["aanet", "worst"] == pytest.approx(58.0412)
    assert pd.isna(rows.loc["aanet", "ours_worst"])


def test_the_largest_epsilon_of_a_run_is_shown(published):
    weak = OWN_DATA[OWN_DATA["source"] == "psmnet"].assign(epsilon=0.002, d1_mean=99.0)
    rows = beside(published, pd.concat([OWN_DATA, weak]))
    assert rows[rows["dataset"] == "street"]["ours_worst"].tolist() == [48]


@pytest.mark.parametrize(
    ("table", "titles"),
    [
        (OWN_DATA, ["KITTI 2015, published", "street, this run"]),
        (pd.concat([OWN_DATA, OWN_DATA.assign(dataset="things")]), ["KITTI 2015, published", "this run"]),
        (pd.concat([OWN_DATA, KITTI]), ["KITTI 2012", "street, this run"]),
    ],
)
def test_panels_say_whose_numbers_they_hold(published, tmp_path, table, titles):
    figure = paper_summary(compare(published, [make_study("transfer", {}).numbers(table)]), table)
    assert [axes.get_title() for axes in figure.axes] == titles
    save_figure(figure, [tmp_path / "summary.png"])
