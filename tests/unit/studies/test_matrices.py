"""Printed tables of the studies: what stands where, beside which published number, and what is bold."""

import pytest

from supcore.reporting.matrix import document, to_latex, to_markdown
from tests.unit.studies.rows import (
    DESIGNS,
    class_rows,
    corruption_rows,
    design_transfer,
    finetuning_transfer,
    matrices_of,
    per_image_rows,
    sample_rows,
    study_rows,
    targeted_rows,
    transfer_rows,
)

STUDIES = list(study_rows())
NAMES = [study for study, *_ in STUDIES]


def tables(study, table, published, transfer=None, **settings):
    """The matrices of a study by their labels."""
    found = matrices_of(study, table, transfer_rows() if transfer is None else transfer, published, settings)
    assert len({matrix.label for matrix in found}) == len(found)
    return {matrix.label: matrix for matrix in found}


@pytest.mark.parametrize(("study", "table", "transfer", "settings"), STUDIES, ids=NAMES)
def test_every_study_has_complete_tables_in_both_languages(published, study, table, transfer, settings):
    found = matrices_of(study, table, transfer, published, settings)
    assert found
    markdown, latex = document(found, to_markdown), document(found, to_latex)
    assert markdown.count("n = ") == latex.count("\\begin{tabular}") == latex.count("\\end{tabular}") == len(found)
    assert latex.count("{") == latex.count("}")
    assert "nan" not in markdown
    assert all("40 images, seeds: " in matrix.caption for matrix in found)


@pytest.mark.parametrize(("study", "table", "transfer", "settings"), STUDIES, ids=NAMES)
def test_a_study_without_rows_has_no_tables(published, study, table, transfer, settings):
    none = None if table is None else table.iloc[:0]
    assert matrices_of(study, none, transfer.iloc[:0], published, settings) == []


def test_change_under_corruption_stands_beside_the_published_one(published):
    found = tables("corruptions", corruption_rows(), published)
    change = found["corruptions-none-kitti2015-ground-truth-epe-change"]
    assert list(change.cells.index) == ["no corruption", "Gaussian blur", "JPEG"]
    assert change.cells.loc["Gaussian blur"].tolist() == ["30.00 (26.53) +3.47", "30.00 (1.24) +28.76"]
    assert change.cells.loc["no corruption", "psmnet"] == "0.00"
    assert found["corruptions-none-kitti2015-ground-truth-d1"].cells.loc["JPEG", "psmnet"] == "6.00 [5.00, 7.00]"
    attacked = found["corruptions-psmnet-tile64-0.02-kitti2015-ground-truth-d1"]
    assert attacked.cells.loc["JPEG", "psmnet"] == "60.00 [59.00, 61.00]"
    assert "SUP from PSMNet, tile64, epsilon 0.02" in attacked.caption


def test_several_severities_are_told_apart(published):
    found = tables("corruptions", corruption_rows(severities=(1, 3)), published)
    rows = list(found["corruptions-none-kitti2015-ground-truth-d1"].cells.index)
    assert rows == ["no corruption", "Gaussian blur 1", "Gaussian blur 3", "JPEG 1", "JPEG 3"]


@pytest.mark.parametrize(("half", "bold"), [(0.9, True), (1.1, False)])
def test_the_lowest_of_a_row_is_bold_only_if_the_intervals_do_not_overlap(published, half, bold):
    """D1 2 and 4, each ± half."""
    found = tables("corruptions", corruption_rows(half=half), published)
    matrix = found["corruptions-none-kitti2015-ground-truth-d1"]
    assert matrix.bold.loc["no corruption"].tolist() == [bold, False]
    assert ("**" in to_markdown(matrix).splitlines()[4]) == bold
    assert "the lowest number of a row" in matrix.caption


def test_a_number_without_interval_or_rival_is_never_bold(published):
    found = tables("corruptions", corruption_rows(), published)
    change = found["corruptions-none-kitti2015-ground-truth-epe-change"]
    assert not change.bold.any(axis=None)
    assert "Bold" not in change.caption
    alone = class_rows().query("target == 'aanet'")
    assert not any(matrix.bold.any(axis=None) for matrix in tables("classes", alone, published).values())


def test_classes_keep_their_order_and_meet_the_published_ones(published):
    """Which are of all pairs of KITTI 2015."""
    found = tables("classes", class_rows().assign(dataset="kitti2015_classes"), published)
    own = found["classes-aanet-tile64-0.02-kitti2015-classes-clean-d1"]
    assert list(own.cells.index) == ["road", "sky", "car"]
    assert own.cells.loc["road"].tolist() == ["4.50 [3.50, 5.50]", "9.00 (15.51) -6.51"]
    assert own.bold.loc["road"].tolist() == [True, False]


def test_samples_rise_and_the_strongest_is_bold(published):
    (matrix,) = tables("sampling_efficiency", sample_rows(), published).values()
    assert list(matrix.cells.index) == ["5000", "10000", "43000"]
    assert matrix.cells.loc["43000", "aanet"] == "47.00 (48.05) -1.05"
    assert matrix.bold["aanet"].tolist() == [False, False, True]


def test_per_image_attacks_stand_beside_the_sups_of_all_sizes(published):
    (matrix,) = tables("per_image", per_image_rows(), published).values()
    sups = ["SUP, tile16", "SUP, tile64", "SUP, full image"]
    assert list(matrix.cells.index) == ["none", *sups, "per image, I-FGSM", "per image, FGSM"]
    assert matrix.cells.loc["none", "aanet"].startswith("2.00 (1.50)")
    assert matrix.cells.loc["SUP, tile64", "aanet"] == "30.00 [29.00, 31.00]"
    assert matrix.cells.loc["per image, FGSM", "aanet"] == "12.00 (42.09) -30.09"
    assert matrix.bold["aanet"].tolist() == [False, False, False, False, True, False]


def test_designs_stand_under_all_attacks_with_intervals_over_training_seeds(published):
    transfer = design_transfer()
    (matrix,) = tables("robust_design", None, published, transfer, designs=DESIGNS).values()
    assert list(matrix.cells.index) == ["plain", "deform"]
    assert list(matrix.cells.columns) == ["none", "noise", "white_box", "transfer"]
    assert matrix.cells.loc["plain", "white_box"].startswith("60.50 [54.1")
    assert matrix.bold["white_box"].tolist() == [False, True]
    assert matrix.bold["none"].tolist() == [False, False]
    assert "95 % interval over training seeds" in matrix.caption
    assert "seeds: 2." in matrix.caption


def test_fine_tuned_networks_stand_before_and_after(published):
    transfer = finetuning_transfer()
    found = tables("finetuning", None, published, transfer, finetuned={"aanet": "tuned"})
    assert len(found) == 3
    strongest = found["finetuning-tile64-0.02-kitti2015-ground-truth-d1"]
    assert list(strongest.cells.columns) == ["before", "finetuned_original", "finetuned_new"]
    assert strongest.cells.loc["aanet"].tolist() == ["40.00 (48.43) -8.43", "4.00 (3.62) +0.38", "20.00 (25.54) -5.54"]
    assert strongest.bold.loc["aanet"].tolist() == [False, True, False]
    assert "clean images" in found["finetuning-clean-0-kitti2015-ground-truth-d1"].caption


def test_sizes_are_sorted_by_width_for_each_source_and_epsilon(published):
    found = tables("tile_sizes", None, published)
    assert len(found) == 3
    matrix = found["sizes-aanet-0.02-kitti2015-ground-truth-d1"]
    assert list(matrix.cells.index) == ["tile16", "tile64", "full"]
    assert matrix.bold["psmnet"].tolist() == [False, False, True]


def test_latex_escapes_and_marks(published):
    text = to_latex(tables("tile_sizes", None, published)["sizes-aanet-0.02-kitti2015-ground-truth-d1"])
    assert "full image & \\textbf{40.00 [39.00, 41.00]}" in text
    assert "\\label{tab:sizes-aanet-0.02-kitti2015-ground-truth-d1}" in text


def test_targeted_sups_stand_beside_clean_images_and_noise_of_their_target(published):
    settings = {"targets": {"near": {"shift": 5}, "far": {"scale": 0.5}}}
    found = tables("targeted", targeted_rows(), published, **settings)
    assert list(found) == [f"targeted-{goal}-tile64-0.02-kitti2015-goal-success" for goal in ("shift-5", "scale-0.5")]
    near = found["targeted-shift-5-tile64-0.02-kitti2015-goal-success"]
    assert list(near.cells.index) == ["none", "noise", "near"]
    assert near.cells["psmnet"].tolist() == ["1.00 [1.00, 1.00]", "2.00 [2.00, 2.00]", "40.00 [40.00, 40.00]"]
    assert near.bold["psmnet"].tolist() == [False, False, True]
    assert "Within 3 px of the target (%) on KITTI 2015" in near.caption
    assert "tile64 SUPs that lead to shift 5, epsilon 0.02" in near.caption
