"""Train a stereo network from scratch."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import torch
from tqdm import tqdm

from _job import job
from _network import build_wanted
from supcore.data.augmentation import AugmentationOptions
from supcore.data.dataset import StereoDataset
from supcore.data.manifest import read_manifest
from supcore.files import atomic_path
from supcore.networks import save_weights
from supcore.seeding import derived_seed
from supcore.training import TrainingOptions, train_stereo, validate

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as running:
    device = running.prepare_device(snakemake)
    wanted, recipe = snakemake.params.network, snakemake.params.training
    seed = derived_seed(snakemake.params.seed, snakemake.wildcards.network, snakemake.wildcards.weights)
    torch.manual_seed(seed)
    network = build_wanted(wanted, device)
    samples = [sample for path in snakemake.input.training for sample in read_manifest(path)]
    held_out = {
        Path(path).parent.name: StereoDataset(read_manifest(path), keep_in_memory=True)
        for path in snakemake.input.validation
    }
    options = TrainingOptions(
        steps=recipe["steps"],
        batch=recipe["batch"],
        learning_rate=recipe["learning_rate"],
        augmentation=AugmentationOptions(crop_size=tuple(recipe["crop_size"])),
        seed=seed,
        checkpoint_every=recipe["checkpoint_every"],
    )
    bar = tqdm(total=options.steps, desc=f"train {snakemake.wildcards.network}", unit="step", disable=None)

    def progress(step, row):
        bar.update(step - bar.n)
        running.log.info("step %d of %d, loss %.4f", step, options.steps, row["loss"])

    training = StereoDataset(samples, keep_in_memory=True)
    history = train_stereo(network, training, options, checkpoint=snakemake.params.checkpoint, progress=progress)
    results = {name: validate(network, pairs) for name, pairs in held_out.items()}
    for name, result in results.items():
        running.log.info(
            "held-out %s: EPE %.3f px, D1 %.2f %% on %d pairs",
            name,
            *(result[k] for k in ("epe", "d1", "n_images")),
        )
    running.settings["held_out"] = results
    save_weights(network, snakemake.output.weights, {"architecture": wanted["architecture"]})
    with atomic_path(snakemake.output.history) as temporary:
        pd.DataFrame(history).to_csv(temporary, index=False, float_format="%.8g")
    Path(snakemake.params.checkpoint).unlink(missing_ok=True)
