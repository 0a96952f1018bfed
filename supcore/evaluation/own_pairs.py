"""What a perturbation does to a network on pairs of one's own, of any size, beside both controls."""

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from supcore.data.dataset import StereoDataset
from supcore.data.manifest import StereoSample
from supcore.evaluation.conditions import Condition, universal
from supcore.evaluation.predictions import Target, predict_clean
from supcore.evaluation.records import ERRORS, evaluate
from supcore.metric_names import asked_metrics
from supcore.networks import StereoNetwork
from supcore.perturbation import StereoPerturbation
from supcore.seeding import torch_generator

CONDITIONS = {"none": "clean images", "noise": "random noise", "sup": "SUP"}
REFERENCES = {"clean": "clean prediction", "ground_truth": "ground truth"}
METRICS = {"d1": "D1 (%)", "epe": "EPE (px)"}


def evaluate_pairs(
    network: StereoNetwork,
    perturbation: StereoPerturbation,
    samples: Sequence[StereoSample],
    *,
    image_size: tuple[int, int] | None = None,
    seed: int = 0,
    metrics: Sequence[str] = (),
    progress: Callable[[int], object] = lambda done: None,
) -> pd.DataFrame:
    """Errors of every pair: clean, under noise of the perturbation's tile and epsilon, and under the perturbation.

    Args:
        network: in evaluation mode.
        perturbation: fits the pairs, see :class:`~supcore.perturbation.StereoPerturbation`.
        samples: pairs, with ground truth or without; sizes may differ.
        image_size: (H, W) to resize them to, disparities in pixels of that size; None keeps the stored size.
        seed: of the noise.
        metrics: what is measured beside D1 and EPE, of :data:`supcore.metric_names.BAD_PIXELS`.
        progress: called with the number of finished pairs.

    Returns:
        One row per pair, ``source`` (``none``, ``noise``, ``sup``) and ``reference`` (``clean``: the network's own
        prediction on the clean pair; ``ground_truth``): ``d1`` in percent, ``epe`` in pixels, ``n_valid``; both and
        ``metrics`` empty where the reference has no valid pixel. Clean images have no error against themselves.
    """
    generator = torch_generator(seed, "noise", *perturbation.size, perturbation.epsilon)
    noise = StereoPerturbation.random_signs(
        perturbation.size, perturbation.image_size, perturbation.epsilon, generator
    ).to(network.device)
    perturbation.to(network.device)
    conditions = [Condition("none"), Condition("noise", perturb=universal(noise))]
    conditions.append(Condition("sup", perturb=universal(perturbation)))
    tables = []
    with TemporaryDirectory() as folder:
        for number, sample in enumerate(samples, start=1):
            pairs = StereoDataset([sample], image_size, keep_in_memory=True)
            target = Target(network, pairs, Path(folder) / "clean.npy", dataset="", name="", metrics=metrics)
            predict_clean(target)
            records = evaluate(target, conditions)
            tables.append(records.assign(image=Path(sample.left).name)[["source", *ERRORS, *metrics]])
            progress(number)
    return pd.concat(tables, ignore_index=True)


def summary(records: pd.DataFrame) -> pd.DataFrame:
    """Means over the pairs that have the reference: one row per condition, errors by reference."""
    names = METRICS | {name: f"{name} (%)" for name in asked_metrics(records)}
    means = records.groupby(["source", "reference"])[list(names)].mean().unstack("reference").reindex(list(CONDITIONS))
    shown = [(r, m) for r in REFERENCES for m in names if (m, r) in means and means[m, r].notna().any()]
    columns = pd.MultiIndex.from_tuples([(REFERENCES[r], names[m]) for r, m in shown])
    values = [means[m, r].to_numpy() for r, m in shown]
    return pd.DataFrame(dict(enumerate(values)), index=list(CONDITIONS.values())).set_axis(columns, axis=1)
