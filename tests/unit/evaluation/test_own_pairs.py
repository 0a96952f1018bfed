"""Pairs of one's own are measured one by one, beside both controls, and written as images."""

import math

import numpy as np
import pytest
import torch

from supcore.data.image_io import read_image
from supcore.errors import SupError
from supcore.evaluation.own_pairs import evaluate_pairs, summary
from supcore.evaluation.perturbed_files import to_8_bits, write_perturbed
from supcore.metrics import d1_error
from supcore.perturbation import StereoPerturbation


@pytest.fixture
def sup():
    sup = StereoPerturbation((16, 16), (32, 64), 0.1)
    sup.left = 0.1 * torch.ones(3, 16, 16)
    return sup


def test_errors_are_those_of_each_pair_and_condition(small_network, sup, make_samples):
    samples = [*make_samples(1), *make_samples(2, size=(40, 72), without_truth=(1,))]
    records = evaluate_pairs(small_network, sup, samples)
    assert len(records) == 3 * (1 + 2 + 2)
    pair = records[(records["image"] == "0_left.png") & (records["source"] == "sup")].iloc[:2]
    from supcore.data import read_pair

    views = read_pair(samples[0].left, samples[0].right)
    clean, attacked = small_network.predict(*views), small_network.predict(*sup(*views))
    found = float(pair[pair["reference"] == "clean"]["d1"].iloc[0])
    assert found == pytest.approx(float(d1_error(attacked, clean)), abs=1e-4)
    assert records["n_valid"].tolist().count(0) == 3  # the pair without ground truth


def test_means_leave_out_pairs_without_ground_truth(small_network, sup, make_samples):
    records = evaluate_pairs(small_network, sup, make_samples(2, without_truth=(1,)))
    table = summary(records)
    assert table.index.tolist() == ["clean images", "random noise", "SUP"]
    assert math.isnan(table.loc["clean images", ("clean prediction", "D1 (%)")])
    truth = records[(records["source"] == "sup") & (records["reference"] == "ground_truth") & (records["n_valid"] > 0)]
    assert table.loc["SUP", ("ground truth", "EPE (px)")] == pytest.approx(truth["epe"].mean())
    assert len(truth) == 1


def test_further_metrics_are_measured_and_shown(small_network, sup, make_samples):
    records = evaluate_pairs(small_network, sup, make_samples(2), metrics=["bad1", "bad3"])
    table = summary(records)
    names = table.columns.get_level_values(1).unique().tolist()
    assert names == ["D1 (%)", "EPE (px)", "bad1 (%)", "bad3 (%)"]
    attacked = table.loc["SUP", "clean prediction"]
    assert attacked["bad1 (%)"] >= attacked["bad3 (%)"] >= attacked["D1 (%)"]


def test_noise_is_of_the_seed(small_network, sup, make_samples):
    samples = make_samples(1)
    first, again, other = (evaluate_pairs(small_network, sup, samples, seed=seed) for seed in (0, 0, 1))
    assert first.equals(again)
    noise = [table[table["source"] == "noise"]["epe"].tolist() for table in (first, other)]
    assert noise[0] != noise[1]


def test_written_images_are_the_perturbed_ones(sup, make_samples, tmp_path):
    (sample,) = make_samples(1)
    write_perturbed(sup, [sample], tmp_path)
    for side, change in (("left", 25), ("right", 0)):  # 0.1 · 255 = 25.5, and no more than that
        clean, written = (read_image(f).astype(int) for f in (getattr(sample, side), tmp_path / side / f"0_{side}.png"))
        assert np.array_equal(written, np.minimum(clean + change, 255))


@pytest.mark.parametrize(("epsilon", "levels"), [(0.02, 5), (1 / 255, 1), (0.01, 2), (2 / 255, 2)])
def test_a_change_never_exceeds_epsilon(epsilon, levels):
    clean = torch.tensor([0, 100, 255]) / 255
    for sign in (1, -1):
        perturbed = (clean + sign * epsilon).clamp(0, 1)
        assert to_8_bits(clean, perturbed, epsilon)[1] == 100 + sign * levels


def test_an_epsilon_below_a_gray_level_is_refused(make_samples, tmp_path):
    sup = StereoPerturbation((16, 16), (32, 64), 0.002)
    with pytest.raises(SupError, match=r"epsilon 0\.002 is less than one gray level"):
        write_perturbed(sup, make_samples(1), tmp_path / "out")
    assert not (tmp_path / "out").exists()
