import shutil
from pathlib import Path

import pytest

from supcore.errors import SupError
from supcore.reporting.published import load_published

PUBLISHED = Path(__file__).parents[3] / "resources/published"


@pytest.mark.parametrize(
    ("cell", "d1", "epe"),
    [
        (("kitti2015", "psmnet", "psmnet", "tile64", 0.02), 87.7183, 41.3850),
        (("kitti2015", "aanet", "deeppruner", "tile64", 0.02), 31.6396, None),
        (("kitti2015", "deeppruner", "none", "", 0), 1.2752, None),
        (("kitti2012", "psmnet", "aanet", "tile64", 0.005), 13.7416, None),
        (("kitti2015", "aanet", "aanet", "full", 0.01), 27.1286, None),
        (("kitti2015", "psmnet_deform25_patchmatch", "deeppruner", "tile64", 0.02), 30.1855, None),
        (("flyingthings3d", "aanet", "aanet", "tile64", 0.02), 46.1350, 9.4717),
        (("flyingthings3d", "psmnet", "aanet", "tile128", 0.002), 5.9759, None),
        (("flyingthings3d", "psmnet", "none", "", 0), 5.5685, 1.2697),
        (("kitti2015", "psmnet", "noise", "tile64", 0.02), None, None),
        (("synthetic", "psmnet", "psmnet", "tile64", 0.02), None, None),
    ],
)
def test_cells_hold_the_printed_numbers(published, cell, d1, epe):
    assert published.transfer_cell(*cell) == (d1, epe)


def test_computed_epsilon_finds_the_written_one(published):
    assert 0.1 * 0.2 != 0.02
    assert published.transfer_cell("kitti2015", "psmnet", "psmnet", "tile64", 0.1 * 0.2) == (87.7183, 41.3850)


def test_readme_runs_agree_with_the_plots(published):
    plots = published.line_plots.query("condition == ''")
    runs = published.readme_runs.query("corruption == ''")
    for metric in ("d1", "epe"):
        joined = runs.merge(plots[plots["metric"] == metric], on=["dataset", "target", "source", "size", "epsilon"])
        assert len(joined)
        assert (joined[f"ground_truth_{metric}_mean"] == joined["mean"]).all()


def test_every_plot_is_complete(published):
    plots = published.line_plots
    assert plots["plot_id"].nunique() == 24
    points = plots.groupby(["plot_id", "series"])["epsilon"].apply(list)
    assert all(epsilons == [0, 0.002, 0.005, 0.01, 0.02] for epsilons in points)
    assert set(plots.loc[plots["epsilon"] == 0, "source"]) == {"none"}
    assert set(plots.loc[plots["condition"] != "", "condition"]) == {
        "finetuned_original",
        "finetuned_new",
        "per_image",
    }


def test_the_other_files_are_complete(published):
    assert list(published.readme_classwise["class_id"]) == list(range(19))
    assert published.sampling_efficiency.groupby("network").size().to_dict() == {
        "aanet": 6,
        "deeppruner": 6,
        "psmnet": 6,
    }
    means = published.corruptions.groupby("network")["percent_change"].mean().round(2).to_dict()
    assert means == {"psmnet": 19.94, "psmnet_deform25_patchmatch": 6.00}


def test_contradicting_sources_are_refused(tmp_path):
    folder = shutil.copytree(PUBLISHED, tmp_path / "published")
    runs = folder / "readme_runs.csv"
    runs.write_text(runs.read_text().replace("87.7183", "88.7183"))
    with pytest.raises(SupError, match=r"87\.7183.*88\.7183"):
        load_published(folder)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(SupError, match=r"line_plots\.csv"):
        load_published(tmp_path)
