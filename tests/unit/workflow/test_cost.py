"""The estimate of what a configuration costs follows its jobs, steps and sizes."""

import copy
import csv
from pathlib import Path

import pytest
import yaml

from supcore.errors import SupError
from supcore.workflow.checks import checked_settings
from supcore.workflow.cost import CostEstimate, write_costs
from supcore.workflow.schema import complete_config

TIMES = Path(__file__).parents[3] / "resources/step_times.csv"
SCHEMA = Path(__file__).parents[3] / "config/config.schema.yaml"
PSMNET = 214  # ms of a step on two pairs of 256×640, as the table has them
CONFIG = yaml.safe_load("""
mode: corrected
image_size: [256, 640]
weights_registry: config/weights.yaml
datasets:
  raw: {layout: kitti_raw, root: /nowhere, splits: {train: ":", named: [a, b, c]}}
  kitti: {layout: kitti2015, root: /nowhere, splits: {train: ":160", validation: "160:"}}
networks:
  psmnet: {weights: {mine: {train: recipe}}}
sups:
  training: {dataset: raw, split: train}
  validation: {dataset: kitti, split: validation}
  weights: [mine]
  sizes: [tile64]
  epsilons: [0.02, 0.01]
  seeds: [0]
  alpha: 0.0001
  batch: 2
  steps: null
  checkpoint_every: 500
evaluation:
  datasets:
    kitti: {split: validation, weights: [mine]}
training:
  recipe:
    datasets: [{dataset: kitti, split: train}]
    validation: [{dataset: kitti, split: validation}]
    crop_size: [128, 640]
    epochs: 300
    batch: 12
""")


def estimated(**changes):
    """Costs by stage of the configuration with other values of ``sups``."""
    config = copy.deepcopy(CONFIG)
    config["sups"] |= changes
    return {cost.stage: cost for cost in CostEstimate(checked_settings(config), TIMES).rows()}


def test_sups_cost_one_pass_over_the_complete_data_set_each():
    cost = estimated()["optimizing SUPs"]
    assert (cost.jobs, cost.steps) == (2, 2 * 23945)
    assert cost.hours == pytest.approx(2 * 23945 * PSMNET / 3.6e6, abs=0.01)


def test_larger_batches_cost_more_per_step_and_as_much_in_all():
    small, large = estimated()["optimizing SUPs"], estimated(batch=4)["optimizing SUPs"]
    assert large.milliseconds == 2 * small.milliseconds
    assert large.hours == pytest.approx(small.hours, rel=0.001)


def test_a_run_is_validated_at_its_checkpoints_and_once_without_a_perturbation():
    assert estimated(steps=1000)["validating SUPs"].steps == 2 * 40 * (1 + 2)


def test_every_sup_noise_of_its_kind_and_clean_images_are_evaluated():
    cost = estimated()["evaluating on kitti"]
    assert (cost.jobs, cost.steps) == (3, 40 * (1 + 2 + 2))
    assert cost.milliseconds == pytest.approx(PSMNET / 6, abs=0.05)


def test_studies_cost_their_conditions_and_attacks_on_single_pairs():
    """Two corruptions and none, each on clean images, noise and the SUP; 1 and 3·40 gradient steps at two epsilons."""
    config = copy.deepcopy(CONFIG)
    config["studies"] = {
        "corruptions": {"corruptions": ["jpeg", "brightness"], "sources": ["psmnet"]},
        "per_image": {"sources": ["psmnet"], "attacks": ["fgsm", "pgd"]},
    }
    config["training"]["recipe"]["learning_rate"] = 0.001
    complete_config(config, SCHEMA)
    costs = {cost.stage: cost for cost in CostEstimate(checked_settings(config), TIMES).rows()}
    assert costs["evaluating (corruptions)"].steps == 40 * 3 * 3
    attack, evaluation = costs["attacking single pairs (per_image)"], costs["evaluating (per_image)"]
    assert (attack.jobs, attack.steps, evaluation.steps) == (1, 40 * 2 * 121, 40 * 2 * 2)
    assert attack.milliseconds == PSMNET / 2


def test_a_training_costs_its_pairs_by_the_size_of_their_crops():
    cost = estimated()["training networks"]
    assert cost.steps == 300 * 14  # the last batch of an epoch is a small one
    assert cost.hours == pytest.approx(300 * 160 * PSMNET / 2 / 2 / 3.6e6, abs=0.01)


def test_listed_frames_count_one_by_one():
    assert CostEstimate(checked_settings(CONFIG), TIMES).pairs("raw", "named") == 3


def test_a_network_that_nobody_timed_is_named(tmp_path):
    (tmp_path / "times.csv").write_text("network,milliseconds,device,basis\naanet,1,GPU,measured\n")
    with pytest.raises(SupError, match="no step of psmnet was timed"):
        CostEstimate(checked_settings(CONFIG), tmp_path / "times.csv").rows()


def test_the_table_ends_with_the_sum(tmp_path):
    costs = CostEstimate(checked_settings(CONFIG), TIMES).rows()
    write_costs(tmp_path / "cost.csv", costs)
    *_, last = csv.DictReader((tmp_path / "cost.csv").read_text().splitlines())
    assert (last["stage"], last["jobs"]) == ("all", str(sum(cost.jobs for cost in costs)))
    assert float(last["hours"]) == pytest.approx(sum(cost.hours for cost in costs), abs=0.05)


def test_stored_clean_predictions_cost_one_pass_and_save_a_third_of_every_step():
    stored, computed = estimated(store_clean=True), estimated()
    assert "predicting training pairs" not in computed
    assert (stored["predicting training pairs"].jobs, stored["predicting training pairs"].steps) == (1, 47890)
    ratio = stored["optimizing SUPs"].milliseconds / computed["optimizing SUPs"].milliseconds
    assert ratio == pytest.approx(2 / 3, abs=0.001)
