"""Kept records of single perturbations: never taken for others, and as good as new when they are joined."""

import pandas as pd
import pytest
import torch

from supcore.data.dataset import StereoDataset
from supcore.evaluation.conditions import Condition, universal
from supcore.evaluation.predictions import Target, predict_clean
from supcore.evaluation.records import evaluate, write_records
from supcore.perturbation import StereoPerturbation
from supcore.sup_names import SupName
from supcore.workflow.jobs.cells import Cells, joined, read_joined, split

COMMON = {"weights": "1f", "params": {"batch": 2}}
NAME = SupName("tile8x16", "0.02", 0)


def noise(seed=0, epsilon=0.02):
    return StereoPerturbation.random_signs((8, 16), (32, 64), epsilon, torch.Generator().manual_seed(seed))


def records(*d1):
    return pd.DataFrame({"size": "tile8x16", "epsilon": "0.02", "seed": "0", "image": range(len(d1)), "d1": d1})


def test_records_come_back_as_they_were_written(tmp_path):
    cells = Cells(tmp_path / "cells", COMMON)
    path = cells.path(NAME, noise())
    assert cells.read(path) is None
    cells.write(path, records(1 / 3, None))
    assert cells.read(path) == "size,epsilon,seed,image,d1\ntile8x16,0.02,0,0,0.333333\ntile8x16,0.02,0,1,\n"


@pytest.mark.parametrize(
    ("common", "name", "sup"),
    [
        (COMMON | {"weights": "2f"}, NAME, noise()),
        (COMMON | {"params": {"batch": 1}}, NAME, noise()),
        (COMMON, NAME._replace(seed=1), noise()),
        (COMMON, NAME._replace(epsilon="0.01"), noise()),
        (COMMON, NAME, noise(seed=1)),
        (COMMON, NAME, noise(epsilon=0.01)),
    ],
)
def test_whatever_decides_the_records_is_another_cell(common, name, sup):
    assert Cells("cells", common).path(name, sup) != Cells("cells", COMMON).path(NAME, noise())
    assert Cells("cells", dict(COMMON)).path(NAME, noise()) == Cells("cells", COMMON).path(NAME, noise())


@pytest.mark.parametrize("damage", [lambda b: b[:-3], lambda b: b.replace(b"0.5", b"0.6"), lambda b: b"\xff" + b])
def test_a_damaged_cell_counts_as_none(tmp_path, damage):
    cells = Cells(tmp_path, COMMON)
    path = cells.path(NAME, noise())
    cells.write(path, records(0.5))
    path.write_bytes(damage(path.read_bytes()))
    assert cells.read(path) is None


def test_joined_cells_are_the_bytes_of_one_evaluation(small_network, make_samples, tmp_path):
    """In whatever parts and order they were measured."""
    pairs = StereoDataset(make_samples(3, seed=4, without_truth=(1,)), keep_in_memory=True)
    target = Target(small_network, pairs, tmp_path / "clean.npy", "street", "psmnet", batch=2)
    predict_clean(target)
    names = [SupName("tile8x16", epsilon, seed) for epsilon, seed in (("0.02", 0), ("0.005", 10), ("0.005", 2))]
    conditions = [
        Condition("noise", name.size, name.epsilon, str(name.seed), universal(noise(name.seed, float(name.epsilon))))
        for name in names
    ]
    write_records(evaluate(target, conditions), tmp_path / "whole.csv")
    cells, found = Cells(tmp_path, COMMON), {}
    for part in ([1], [2, 0]):
        measured = evaluate(target, [conditions[number] for number in part])
        for name, rows in split(measured, [names[number] for number in part]).items():
            path = cells.path(name, noise())
            cells.write(path, rows)
            found[name] = cells.read(path)
    (tmp_path / "joined.csv").write_text(joined(found))
    assert (tmp_path / "joined.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    table = read_joined(tmp_path / "joined.csv")
    assert set(table["seed"]) == {"0", "10", "2"}
    assert table.loc[(table["image"] == 1) & (table["reference"] == "ground_truth"), "d1"].isna().sum() == 3
