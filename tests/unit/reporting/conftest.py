"""Per-image records that look like an evaluation's."""

import numpy as np
import pandas as pd
import pytest

from supcore.reporting.summary import key_columns
from supcore.reporting.transfer import transfer_table

RECORD_COLUMNS = [*key_columns(), "image", "d1", "epe", "n_valid"]


def make_records(
    datasets=("kitti2015",),
    networks=("psmnet", "aanet"),
    epsilons=(0.01, 0.02),
    seeds=(0, 1),
    images=5,
):
    generator = np.random.default_rng(1)
    rows = []

    def add(dataset, target, source, size, epsilon, seed, level):
        for image in range(images):
            d1 = float(np.clip(generator.normal(level, level / 4), 0, 100))
            for reference, factor in (("ground_truth", 1.0), ("clean", 0.9)):
                key = (dataset, target, source, size, epsilon, seed, reference)
                rows.append((*key, f"{image:06d}_10.png", factor * d1, factor * d1 / 4, 1000))

    for dataset in datasets:
        for target in networks:
            add(dataset, target, "none", "", 0.0, pd.NA, 2.0)
            for epsilon in epsilons:
                add(dataset, target, "noise", "tile64", epsilon, 0, 2.5)
                for source in networks:
                    for seed in seeds:
                        own = 2500 if source == target else 1500
                        add(dataset, target, source, "tile64", epsilon, seed, 2 + own * epsilon)
    return pd.DataFrame(rows, columns=RECORD_COLUMNS).astype({"seed": "Int64"})


@pytest.fixture
def records():
    return make_records()


@pytest.fixture(scope="session")
def table(published):
    return transfer_table(make_records(), published, bootstrap_resamples=200)
