"""Optimize one SUP on one network, or on several at once."""

from typing import TYPE_CHECKING

import pandas as pd

from supcore.attack.goal import Goal
from supcore.attack.optimization import SupOptions, optimize_sup
from supcore.attack.snapshots import save_snapshots
from supcore.data.image_cache import open_pairs
from supcore.evaluation.predictions import open_predictions
from supcore.files import atomic_path
from supcore.perturbation import StereoPerturbation
from supcore.progress import StepProgress
from supcore.seeding import derived_seed
from supcore.sup_names import tile_size
from supcore.workflow.jobs.job import job, job_identity
from supcore.workflow.jobs.networks import load_network, prepare_device

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as running:
    device = prepare_device(snakemake, running)
    wildcards, params = snakemake.wildcards, snakemake.params
    image_size = tuple(params.image_size)
    networks = [
        load_network(wanted, weights, device)
        for wanted, weights in zip(params.networks, snakemake.input.weights, strict=True)
    ]
    target = params.attack.get("target")
    options = SupOptions(
        seed=derived_seed(params.seed, "sup", wildcards.source, wildcards.size, wildcards.epsilon, wildcards.seed),
        workers=snakemake.config["workers"],
        **{**params.attack, "target": Goal.of(target)},
    )
    sup = StereoPerturbation(tile_size(wildcards.size, image_size), image_size, float(wildcards.epsilon))
    files = snakemake.input
    training, validation = (
        open_pairs(manifest, image_size, cache, keep_in_memory=snakemake.config["keep_in_memory"])
        for manifest, cache in (
            (files.training_manifest, files.training_cache),
            (files.validation_manifest, files.validation_cache),
        )
    )
    name = f"SUP on {wildcards.source}, {wildcards.size}, epsilon {wildcards.epsilon}"
    steps = StepProgress(options.length(len(training)), name, running.log.info)

    def progress(step, row):
        note = ""
        if row and row["step"] == step:
            note = (
                f"loss {row['loss']:.4f}, clipped {100 * row['clipped_fraction']:.1f} %, "
                f"D1 vs ground truth {row['d1_ground_truth']:.2f} %, vs clean {row['d1_clean']:.2f} %"
            )
            if target:
                note += f", within 3 px of the target {row['target_success']:.2f} %"
        steps(step, note)

    result = optimize_sup(
        networks,
        sup,
        training,
        validation,
        options,
        checkpoint=params.checkpoint,
        clean=[open_predictions(path, training) for path in files.clean] or None,
        identity=job_identity(snakemake),
        progress=progress,
    )
    if left_out := sorted({*options.snapshot_steps} - {*result.snapshots}):
        running.warn(
            f"SUP on {wildcards.source}, {wildcards.size}, epsilon {wildcards.epsilon}: its run ended after step "
            f"{max(result.snapshots)}, so there are no snapshots of steps {', '.join(map(str, left_out))}"
        )
    made_of = {"source": wildcards.source, "weights": wildcards.weights} | ({"target": target} if target else {})
    sup.to("cpu").save(snakemake.output.sup, made_of)
    save_snapshots(snakemake.output.snapshots, result.snapshots)
    with atomic_path(snakemake.output.history) as temporary:
        pd.DataFrame(result.history).to_csv(temporary, index=False, float_format="%.8g")
