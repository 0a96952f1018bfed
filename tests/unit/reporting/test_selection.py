"""Averaging over seeds, and the choice of rows for matrices and figures."""

import pandas as pd
import pytest

from supcore.errors import SupError
from supcore.reporting.selection import at_attack, attack_rows, average_seeds, choose_size, is_attack, usable_rows
from supcore.studies.robust_design import by_network, robust_design


def row(seed, n_images, level, **changes):
    """One row of a transfer table; its statistics are the level and multiples of it."""
    condition = {"dataset": "kitti2015", "target": "psmnet", "source": "psmnet", "size": "tile64", "epsilon": 0.02}
    numbers = {"d1_mean": level, "d1_ci_low": level - 1, "d1_ci_high": level + 2, "epe_mean": level / 4}
    return condition | {"seed": seed, "reference": "ground_truth", "n_images": n_images} | numbers | changes


@pytest.fixture
def seeds():
    """Three seeds of one cell, one of them without a usable image, and another cell."""
    rows = [row(0, 40, 10.0), row(1, 37, 30.0), row(2, 0, float("nan")), row(0, 40, 5.0, epsilon=0.01)]
    return pd.DataFrame(rows)


def test_seeds_are_averaged_and_the_fewest_images_counted(seeds):
    """The images behind a mean are at least so many; a sum or the most would promise more than there is."""
    first, second = average_seeds(seeds).to_dict("records")
    assert (first["n_images"], first["n_seeds"]) == (37, 2)
    assert [first[name] for name in ("d1_mean", "d1_ci_low", "d1_ci_high", "epe_mean")] == [20.0, 19.0, 22.0, 5.0]
    assert (second["epsilon"], second["n_images"], second["n_seeds"]) == (0.01, 40, 1)
    assert (first["d1_seed_std"], first["epe_seed_std"]) == pytest.approx((200**0.5, 12.5**0.5))
    assert pd.isna(second["d1_seed_std"])
    assert "seed" not in first


def test_labels_of_a_study_are_not_averaged(seeds):
    labeled = pd.concat([seeds.assign(severity=severity) for severity in (1, 3)])
    averaged = average_seeds(labeled, ["severity"])
    assert averaged["severity"].tolist() == [1, 1, 3, 3]
    assert averaged["n_images"].tolist() == [37, 40, 37, 40]


def test_designs_count_the_fewest_images_of_any_seed(seeds):
    designs = {"plain": ["psmnet", "other"], "new": ["aanet"]}
    table = pd.concat([seeds, pd.DataFrame([row(0, 39, 12.0, target="other", source="other")])])
    table = table[table["epsilon"] == 0.02]
    assert by_network(table, designs)["n_images"].tolist() == [37, 39]
    (own,) = robust_design(table, designs).to_dict("records")
    assert (own["n_networks"], own["n_images"]) == (2, 37)


def test_only_rows_of_the_reference_and_the_data_set_are_used(seeds):
    table = pd.concat([seeds, pd.DataFrame([row(0, 40, 1.0, reference="clean"), row(0, 9, 7.0, dataset="kitti2012")])])
    assert usable_rows(table, "clean")["d1_mean"].tolist() == [1.0]
    assert usable_rows(table, "ground_truth", "kitti2012")["d1_mean"].tolist() == [7.0]
    assert len(usable_rows(table, "ground_truth")) == 3
    with pytest.raises(SupError, match="no usable rows for kitti2012 clean; evaluate it"):
        usable_rows(table, "clean", "kitti2012")


def test_an_attack_stands_beside_the_clean_rows_at_the_largest_epsilon_unless_one_is_chosen(seeds):
    clean = row(pd.NA, 40, 2.0, source="none", size="", epsilon=0.0)
    table = pd.concat([seeds, pd.DataFrame([clean, row(0, 40, 9.0, size="tile128")])])
    rows, size, epsilon = attack_rows(table, "ground_truth", None, None)
    assert (size, epsilon) == ("tile64", 0.02)
    assert sorted(rows["d1_mean"]) == [2.0, 20.0]
    assert sorted(attack_rows(table, "ground_truth", None, 0.01)[0]["d1_mean"]) == [2.0, 5.0]
    assert sorted(attack_rows(table, "ground_truth", "tile128", None)[0]["d1_mean"]) == [2.0, 9.0]
    assert sorted(at_attack(table, "tile128", 0.02)["d1_mean"]) == [2.0, 9.0]
    with pytest.raises(SupError, match=r"no tile128 perturbation at epsilon 0\.01"):
        attack_rows(table, "ground_truth", "tile128", 0.01)


def test_the_size_of_most_sources_is_chosen_and_the_smallest_of_several(seeds):
    others = pd.DataFrame([row(0, 40, 9.0, size=size) for size in ("full", "tile128", "tile32")])
    also = pd.DataFrame([row(0, 40, 9.0, size="tile64", source="aanet")])
    assert choose_size(pd.concat([others, seeds, also])) == "tile64"
    assert choose_size(others) == "tile32"
    assert choose_size(others, "full") == "full"
    with pytest.raises(SupError, match="no perturbation of size tile64; choose one of tile32, tile128, full"):
        choose_size(others, "tile64")
    with pytest.raises(SupError, match="holds clean images only"):
        choose_size(pd.DataFrame([row(0, 40, 2.0, source="none", size="")]))


def test_neither_clean_images_nor_noise_are_attacks():
    assert is_attack(pd.DataFrame({"source": ["none", "noise", "psmnet"]})).tolist() == [False, False, True]
