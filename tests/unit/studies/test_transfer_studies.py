"""Robust designs and fine-tuning, read off the transfer table."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from supcore.reporting.summary import STATISTICS
from supcore.studies.finetuning import finetuning
from supcore.studies.robust_design import robust_design

DESIGNS = {"plain": ["plain_0", "plain_1", "plain_2"], "deform": ["deform_0", "deform_1", "deform_2"]}


def row(target, source, d1, **other):
    attack = source not in ("none",)
    base = {"dataset": "street", "target": target, "source": source, "size": "tile64" if attack else ""}
    base |= {"epsilon": 0.02 if attack else 0.0, "seed": 0, "reference": "ground_truth", "n_images": 48}
    return base | dict.fromkeys(STATISTICS, 0.0) | {"d1_mean": d1, "epe_mean": d1 / 10} | other


@pytest.fixture
def table():
    rows = []
    networks = [n for names in DESIGNS.values() for n in names]
    for target in networks:
        seed, design = int(target[-1]), target[:-2]
        rows += [row(target, "none", 2.0 + seed), row(target, "noise", 3.0 + seed)]
        for source in networks:
            if source == target:
                d1 = (50 if design == "plain" else 30) + 10 * seed
            elif source[:-2] == design:
                d1 = 99.0  # the same design with another seed is neither of them
            else:
                d1 = 20.0 + seed + int(source[-1])
            rows.append(row(target, source, d1))
    return pd.DataFrame(rows)


def find(result, **key):
    for name, value in key.items():
        result = result[result[name] == value]
    (found,) = result.to_dict("records")
    return found


def test_every_design_stands_under_its_controls_white_box_and_transferred_sups(table):
    result = robust_design(table, DESIGNS)
    assert set(zip(result["design"], result["attack"], strict=True)) == {
        (design, attack) for design in DESIGNS for attack in ("none", "noise", "white_box", "transfer")
    }
    own = find(result, design="plain", attack="white_box")
    assert (own["d1_mean"], own["n_networks"], own["n_images"]) == (60.0, 3, 48)
    assert own["d1_std"] == pytest.approx(np.std([50, 60, 70]))
    foreign = find(result, design="deform", attack="transfer")
    assert foreign["d1_mean"] == pytest.approx(20 + 1 + 1)
    assert find(result, design="plain", attack="none")["d1_mean"] == 3.0


def test_interval_is_student_s_over_training_seeds(table):
    own = find(robust_design(table, DESIGNS), design="deform", attack="white_box")
    low, high = stats.t.interval(0.95, 2, loc=40.0, scale=stats.sem([30, 40, 50]))
    assert (own["d1_ci_low"], own["d1_ci_high"]) == pytest.approx((low, high))


def test_one_network_has_no_interval(table):
    result = robust_design(table, {"plain": ["plain_0"], "deform": ["deform_0"]})
    assert result[["d1_ci_low", "d1_ci_high"]].isna().all(axis=None)
    assert find(result, design="plain", attack="transfer")["d1_mean"] == 20.0


def test_finetuned_network_meets_the_old_and_the_new_sups():
    rows = [row("psmnet", s, d) for s, d in (("none", 2.0), ("noise", 2.1), ("psmnet", 60.0), ("tuned", 9.0))]
    rows += [row("tuned", s, d) for s, d in (("none", 2.5), ("noise", 2.6), ("psmnet", 4.0), ("tuned", 30.0))]
    result = finetuning(pd.DataFrame(rows), {"psmnet": "tuned"})
    d1 = {(r["condition"], r["source"]): r["d1_mean"] for r in result.to_dict("records")}
    assert d1[("before", "psmnet")] == 60.0
    assert d1[("finetuned_original", "psmnet")] == 4.0
    assert d1[("finetuned_new", "psmnet")] == 30.0
    assert d1[("before", "none")] == 2.0
    assert d1[("finetuned_new", "none")] == d1[("finetuned_original", "none")] == 2.5
    assert set(result["target"]) == {"psmnet"}
    assert len(result) == 9


def test_fine_tuned_networks_meet_each_other_s_sups():
    names = ("psmnet", "psmnet_tuned", "aanet", "aanet_tuned")
    numbers = {(t, s): 10.0 * i + j for i, t in enumerate(names) for j, s in enumerate(names)}
    table = pd.DataFrame([row(*pair, d1) for pair, d1 in numbers.items()])
    result = finetuning(table, {"psmnet": "psmnet_tuned", "aanet": "aanet_tuned"})
    d1 = {(r["condition"], r["target"], r["source"]): r["d1_mean"] for r in result.to_dict("records")}
    assert d1[("before", "psmnet", "aanet")] == numbers["psmnet", "aanet"]
    assert d1[("finetuned_original", "psmnet", "aanet")] == numbers["psmnet_tuned", "aanet"]
    assert d1[("finetuned_new", "psmnet", "aanet")] == numbers["psmnet_tuned", "aanet_tuned"]
