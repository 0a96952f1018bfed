"""What training and fine-tuning share: the network to start with, the training itself, its outputs."""

from typing import Any

import pandas as pd
import torch

from supcore.data.contents import known_contents
from supcore.data.dataset import StereoDataset
from supcore.data.manifest import read_manifest
from supcore.files import atomic_path
from supcore.networks import StereoNetwork, load_weights, save_weights
from supcore.progress import StepProgress
from supcore.seeding import derived_seed
from supcore.training import TrainingOptions, train_stereo
from supcore.training.stereo import PLAIN, Extension, Row
from supcore.workflow.jobs.job import Job, job_identity
from supcore.workflow.jobs.networks import build_wanted


def job_seed(snakemake: Any) -> int:
    """Seed of everything random in this training."""
    return derived_seed(snakemake.params.seed, snakemake.wildcards.network, snakemake.wildcards.weights)


def starting_network(snakemake: Any, device: torch.device) -> StereoNetwork:
    """The network with the weights that the recipe starts from, or freshly initialized."""
    torch.manual_seed(job_seed(snakemake))
    network = build_wanted(snakemake.params.network, device)
    if snakemake.input.start:
        load_weights(network, snakemake.input.start)
    return network


def train(snakemake: Any, running: Job, network: StereoNetwork, extension: Extension = PLAIN) -> list[Row]:
    """Train the network by its recipe; returns the history."""
    params, recipe = snakemake.params, snakemake.params.training
    manifests = snakemake.input.training
    samples = [sample for path in manifests for sample in read_manifest(path)]
    known = {file: value for path in manifests for file, value in known_contents(path).items()}
    size = tuple(recipe["image_size"]) if "image_size" in recipe else None
    pairs = StereoDataset(samples, size, keep_in_memory=snakemake.config["keep_in_memory"], known=known)
    options = TrainingOptions.of_recipe(recipe, seed=job_seed(snakemake), workers=snakemake.config["workers"])
    steps = options.length(len(pairs))
    name = f"train {snakemake.wildcards.network}"
    done = StepProgress(steps, name, running.log.info, interval=options.checkpoint_every)

    def progress(step: int, row: Row) -> None:
        more = "".join(f", {name} {value:.3f}" for name, value in row.items() if name.startswith(("d1", "epe")))
        done(step, f"loss {row['loss']:.4f}{more}")

    return train_stereo(
        network,
        pairs,
        options,
        checkpoint=params.checkpoint,
        identity=job_identity(snakemake),
        progress=progress,
        extension=extension,
    )


def store(snakemake: Any, network: StereoNetwork, history: list[Row]) -> None:
    """Write weights and history."""
    save_weights(network, snakemake.output.weights)
    with atomic_path(snakemake.output.history) as temporary:
        pd.DataFrame(history).to_csv(temporary, index=False, float_format="%.8g")
